import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import pg from 'pg';
import { memoryStore } from '../dist/src/stores/memory.js';
import { postgresStore } from '../dist/src/stores/postgres.js';
import { redisStore } from '../dist/src/stores/redis.js';
import { postgresServer, redisServer } from './lib/engines.mjs';
import { demand, interleave } from './lib/measure.mjs';

/** More than are ever under way at once, so that no family is rotated by two at the same time. */
const FAMILIES = 512;
const ROTATIONS = 2_000;
const ROUNDS = 7;
/** The least that a rotation is: read, compare, write, slide the end, by the server's own clock. */
const ROTATION_BY_HAND = `
local f = redis.call('HMGET', KEYS[1], 'g', 't', 'x', 'd')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not f[1] or tonumber(f[3]) <= now or f[1] ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'g', f[1] + 1, 't', now)
redis.call('PEXPIREAT', KEYS[1], math.min(tonumber(f[3]), now + tonumber(ARGV[2])))
return {f[1] + 1, f[4]}`;
const POLICY = { idleMs: 604_800_000, graceMs: 0 };

/** Rotating refresh tokens, at each concurrency, beside one bare call of the engine. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function refreshRows() {
  return [...(await onRedis(refreshRow)), ...(await onPostgres(refreshRow))];
}

/** How many rotations a second the engines do, by how many are under way at once. */
export async function refreshByConcurrency(concurrencies) {
  const series = { memory: [], Redis: [], PostgreSQL: [] };
  for (const concurrency of concurrencies) {
    const store = memoryStore();
    const ids = await families(store);
    series.memory.push([concurrency, await rateOf(rotating(store, ids), concurrency)]);
  }
  const rate = (name) => async (_engine, _floor, _bare, store) => {
    const rotate = rotating(store, await families(store));
    for (const concurrency of concurrencies)
      series[name].push([concurrency, await rateOf(rotate, concurrency)]);
    return [];
  };
  await onRedis(rate('Redis'));
  await onPostgres(rate('PostgreSQL'));
  return series;
}

async function onRedis(run) {
  const server = await redisServer();
  if (server === null) return missing('redis-server');
  const client = new Redis(server.url);
  const store = redisStore({ client });
  try {
    const sha = await client.script('LOAD', ROTATION_BY_HAND);
    const generations = Array.from({ length: FAMILIES }, () => 1);
    for (let index = 0; index < FAMILIES; index++)
      await client.hset(`bare:${index}`, { g: 1, t: 0, x: Date.now() + 604_800_000, d: '{"user":"u1"}' });
    const bare = async (index) => {
      const which = index % FAMILIES;
      const generation = generations[which]++;
      const answer = await client.evalsha(sha, 1, `bare:${which}`, String(generation), '604800000');
      demand('the bare script rotates', Array.isArray(answer));
    };
    return await run('Redis', 'one bare script call', bare, store);
  } finally {
    await store.close();
    client.disconnect();
    server.stop();
  }
}

async function onPostgres(run) {
  const server = await postgresServer();
  if (server === null) return missing('PostgreSQL');
  const pool = new pg.Pool({ connectionString: server.url, max: 8 });
  const store = await postgresStore({ pool, migrate: 'apply' });
  try {
    await pool.query(
      'CREATE TABLE bare (id text PRIMARY KEY, generation integer NOT NULL) WITH (fillfactor = 85)',
    );
    for (let index = 0; index < FAMILIES; index++)
      await pool.query('INSERT INTO bare VALUES ($1, 1)', [`${index}`]);
    const text = 'UPDATE bare SET generation = generation + 1 WHERE id = $1 RETURNING generation';
    const bare = (index) => pool.query({ name: 'bare', text, values: [`${index % FAMILIES}`] });
    return await run('PostgreSQL', 'one bare UPDATE ... RETURNING', bare, store);
  } finally {
    await store.close();
    await pool.end();
    server.stop();
  }
}

function missing(what) {
  process.stderr.write(`bench: left out, there is no ${what} on this machine\n`);
  return [];
}

async function refreshRow(engine, floor, bare, store) {
  const ids = await families(store);
  const ours = rotating(store, ids);
  const rows = [];
  for (const concurrency of [1, 16]) {
    const candidates = { [floor]: bare, portcullis: ours };
    rows.push({
      group: 'refresh',
      row: `${engine}, ${concurrency} at once`,
      floor,
      unit: 'per second',
      results: await interleave(
        Object.keys(candidates),
        (name) => rateOf(candidates[name], concurrency),
        ROUNDS,
      ),
      targets: [{ candidate: 'portcullis', atLeast: 0.7 }],
    });
  }
  return rows;
}

/** @returns {Promise<string[]>} The ids of fresh families. */
async function families(store) {
  const ids = Array.from({ length: FAMILIES }, () => randomBytes(16).toString('base64url'));
  for (const id of ids) {
    await store.familyCreate({
      id,
      owner: 'bench',
      data: { user: 'u1' },
      idleMs: 604_800_000,
      absoluteAt: null,
      feedMs: 3_660_000,
    });
  }
  return ids;
}

/** One rotation after the other of each family, each with the generation that is its turn. */
function rotating(store, ids) {
  const generations = ids.map(() => 1);
  return async (index) => {
    const which = index % ids.length;
    const generation = generations[which]++;
    const { outcome } = await store.familyRotate(ids[which], generation, POLICY);
    demand('every rotation has its one successor', outcome === 'rotated');
  };
}

/** Operations a second with so many under way at once. */
async function rateOf(operate, concurrency) {
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < ROTATIONS) await operate(next++);
    }),
  );
  return ROTATIONS / ((performance.now() - started) / 1000);
}
