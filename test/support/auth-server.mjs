// Runs a node of test/support/auth-node.ts in a process of its own. The arguments are the folder of the transpiled sources,
// and as JSON what store to open, with the options of the node. Its port goes to the parent.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources, settings] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(sources, path)).href);
const { startAuthNode } = await load('test/support/auth-node.js');
const { loginLimits } = await load('src/services/login-limits.js');
const { startSweeper } = await load('src/stores/sweeper.js');

const { store: where, limits, options } = JSON.parse(settings);
const store = await open(where);
const loginLimiter = limits === undefined ? null : loginLimits({ store, ...limits });
const node = await startAuthNode(store, {
  b2b: { ...options, loginLimiter },
  bearer: { ...options, loginLimiter },
});
const stopSweeper = startSweeper(store, { intervalMs: 5_000 });
process.send({ port: node.port });
process.on('disconnect', () => process.exit());
process.once('SIGTERM', () => void stop());

async function stop() {
  await stopSweeper();
  await node.stop();
  await store.close();
  process.exit();
}

async function open({ kind, url }) {
  if (kind === 'memory') return (await load('src/stores/memory.js')).memoryStore();
  if (kind === 'SQLite')
    return (await load('src/stores/sqlite.js')).sqliteStore({ path: url, busyTimeoutMs: 10_000 });
  if (kind === 'Redis') {
    const { Redis } = await import('ioredis');
    const { redisStore } = await load('src/stores/redis.js');
    return redisStore({ client: new Redis(url, { lazyConnect: true }) });
  }
  const { default: pg } = await import('pg');
  const { postgresStore } = await load('src/stores/postgres.js');
  const pool = new pg.Pool({ connectionString: url, max: 20, connectionTimeoutMillis: 1_000 });
  return postgresStore({ pool });
}
