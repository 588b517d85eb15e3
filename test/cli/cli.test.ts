import { afterEach, describe, expect, it } from 'vitest';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../src/cli/run.ts';
import type { CliConfig } from '../../src/cli/config.ts';
import { StoreError } from '../../src/core/errors.ts';
import { apiKeys } from '../../src/services/api-keys.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-cli-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const USERS = [
  { id: '1', active: true, workspace: 'w1', rank: 9 },
  { id: '7', active: true, workspace: 'w1', rank: 1 },
  { id: '8', active: true, workspace: 'w1', rank: 9 },
];

/** The same objects for every call, as an application and its tool share a store; closing them is left to the test. */
function application(): { readonly config: CliConfig; readonly jwtPair: ReturnType<typeof jwtPairSystem> } {
  const store = memoryStore();
  const keys = apiKeys({ store, productPrefix: 'acme' });
  const jwtPair = jwtPairSystem({
    store,
    keys: 'a secret of the tests that is long enough',
    directory: {
      findLogin: () => null,
      verifyPassword: () => false,
      findUser: (id) => USERS.find((user) => user.id === id) ?? null,
      mayImpersonate: (actor) => actor.id === '1',
      rankOf: (user) => (user as (typeof USERS)[number]).rank,
    },
  });
  const open = { close: async () => undefined };
  const config: CliConfig = {
    store: Object.assign(Object.create(store) as typeof store, open),
    apiKeys: Object.assign(Object.create(keys) as typeof keys, open),
    systems: [Object.assign(Object.create(jwtPair) as typeof jwtPair, open)],
  };
  return { config, jwtPair };
}

interface Run {
  readonly exit: number;
  readonly out: string;
  readonly error: string;
}

/** Runs the tool with a configuration file that hands out objects of this process. */
async function run(config: CliConfig, ...args: string[]): Promise<Run> {
  const file = join(folder, `config-${Math.random()}.mjs`);
  (globalThis as Record<string, unknown>)['cliConfigOfTest'] = config;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, 'export default globalThis.cliConfigOfTest;\n');
  const out: string[] = [];
  const error: string[] = [];
  const exit = await runCli([...args, '--config', file], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { exit, out: out.join('\n'), error: error.join('\n') };
}

describe('portcullis sessions', () => {
  it("lists a user's sessions as a table and as JSON", async () => {
    const { config, jwtPair } = application();
    const family = await jwtPair.sessions.start('7', {
      userId: '7',
      device: 'curl/8',
      address: '192.0.2.1',
      actor: null,
    });
    const table = await run(config, 'sessions', 'list', '--user', '7');
    expect(table.exit).toBe(0);
    expect(table.out.split('\n')[0]).toMatch(
      /^SESSION +SYSTEM +CREATED +LAST USED +EXPIRES +ADDRESS +ACTOR +DEVICE$/,
    );
    expect(table.out).toContain(`${family.id}  jwt-pair`);
    const json = await run(config, 'sessions', 'list', '--user', '7', '--json');
    expect(JSON.parse(json.out)).toMatchObject([
      { id: family.id, system: 'jwt-pair', device: 'curl/8', address: '192.0.2.1', actor: null },
    ]);
  });

  it('says so when a user has none', async () => {
    const { config } = application();
    expect(await run(config, 'sessions', 'list', '--user', '7')).toEqual({
      exit: 0,
      out: 'User 7 has no live session.',
      error: '',
    });
  });

  it('revokes one session, and all but one', async () => {
    const { config, jwtPair } = application();
    const data = { userId: '7', device: null, address: null, actor: null };
    const [first, second, third] = [
      await jwtPair.sessions.start('7', data),
      await jwtPair.sessions.start('7', data),
      await jwtPair.sessions.start('7', data),
    ];
    const one = await run(config, 'sessions', 'revoke', first.id, '--reason', 'lost phone');
    expect(one).toEqual({ exit: 0, out: `Session ${first.id} of jwt-pair ended.`, error: '' });
    const rest = await run(
      config,
      'sessions',
      'revoke',
      '--user',
      '7',
      '--except',
      third.id,
      '--reason',
      'tidy up',
    );
    expect(rest.out).toBe('1 session(s) of user 7 ended.');
    expect((await jwtPair.sessions.list('7')).map((session) => session.id)).toEqual([third.id]);
    const again = await run(config, 'sessions', 'revoke', second.id, '--reason', 'again');
    expect([again.exit, again.out]).toEqual([1, `There is no live session ${second.id}.`]);
  });

  it('MQ-01 lets an administrator act as a lower user, and nobody else', async () => {
    const { config, jwtPair } = application();
    const admin = await jwtPair.sessions.start('1', {
      userId: '1',
      device: null,
      address: null,
      actor: null,
    });
    const plain = await jwtPair.sessions.start('7', {
      userId: '7',
      device: null,
      address: null,
      actor: null,
    });
    const impersonate = (session: string, target: string): Promise<Run> =>
      run(
        config,
        'sessions',
        'impersonate',
        target,
        '--actor-session',
        session,
        '--reason',
        'ticket 1',
        '--json',
      );
    const granted = await impersonate(admin.id, '7');
    expect(granted.exit).toBe(0);
    expect(Object.keys(JSON.parse(granted.out) as object)).toEqual(
      expect.arrayContaining(['access', 'refresh', 'sessionId']),
    );
    expect(await impersonate(plain.id, '8')).toMatchObject({
      exit: 1,
      out: '{"refused":"impersonation_forbidden"}',
    });
    expect(await impersonate(admin.id, '8')).toMatchObject({
      exit: 1,
      out: '{"refused":"impersonation_forbidden"}',
    });
  });
});

describe('portcullis keys', () => {
  it('creates a key that is shown once, lists, rotates and revokes it', async () => {
    const { config } = application();
    const created = await run(
      config,
      'keys',
      'create',
      '--workspace',
      'w1',
      '--name',
      'export',
      '--scope',
      'a:read',
      '--json',
    );
    const { key, record } = JSON.parse(created.out) as { key: string; record: { id: string } };
    const listed = await run(config, 'keys', 'list', '--workspace', 'w1');
    expect(listed.out).toContain(`${record.id}  export  active`);
    expect(listed.out).not.toContain(key);
    const rotated = await run(config, 'keys', 'rotate', record.id, '--overlap', '7d', '--json');
    const next = JSON.parse(rotated.out) as { key: string };
    expect(await config.apiKeys?.verify(key)).toHaveProperty('principal');
    expect(await config.apiKeys?.verify(next.key)).toHaveProperty('principal');
    expect((await run(config, 'keys', 'revoke', record.id)).out).toBe(`Key ${record.id} revoked.`);
    expect(await config.apiKeys?.verify(next.key)).toMatchObject({ code: 'key_revoked' });
    expect((await run(config, 'keys', 'revoke', record.id)).exit).toBe(1);
  });

  it('asks for --yes before it ends every key of a workspace', async () => {
    const { config } = application();
    expect(await run(config, 'keys', 'revoke', '--workspace', 'w1')).toEqual({
      exit: 2,
      out: '',
      error: 'portcullis: this ends every key of workspace w1; confirm with --yes',
    });
  });
});

describe('portcullis', () => {
  it.each([
    [['keys', 'creat'], /there is no command "keys creat"; did you mean "keys create"\?/],
    [['sessions', 'list'], /--user is required/],
    [['sessions', 'list', '--usr', '7'], /Unknown option '--usr'/],
    [['keys', 'rotate', 'x', '--overlap', '7 days'], /--overlap must be a length of time such as 90s/],
  ])('exits with 2 and a sentence for %j', async (args, sentence) => {
    const { config } = application();
    const result = await run(config, ...args);
    expect(result.exit).toBe(2);
    expect(result.error).toMatch(sentence);
  });

  it('has a help text with examples for each command', async () => {
    const out: string[] = [];
    const output = { out: (text: string) => out.push(text), error: (text: string) => out.push(text) };
    expect(await runCli(['--help'], output)).toBe(0);
    expect(await runCli(['sessions', 'revoke', '--help'], output)).toBe(0);
    expect(out[0]).toContain('sessions impersonate');
    expect(out[1]).toContain('$ portcullis sessions revoke --user 7 --reason "password changed"');
  });

  it('names the configuration file that it misses', async () => {
    const error: string[] = [];
    const exit = await runCli(['doctor', '--config', 'nowhere.js'], {
      out: () => undefined,
      error: (text) => error.push(text),
    });
    expect([exit, error]).toEqual([2, ['portcullis: the file of --config does not exist: nowhere.js']]);
  });

  it('tells by its exit code that the store is out of reach', async () => {
    const { config } = application();
    Object.assign(config.apiKeys ?? {}, { usage: () => Promise.reject(new StoreError('no answer in 2 s')) });
    expect(await run(config, 'keys', 'usage', 'AbCdEfGh')).toEqual({
      exit: 3,
      out: '',
      error: 'portcullis: the store is out of reach: no answer in 2 s',
    });
  });

  it('doctor finds a sound configuration sound', async () => {
    const { config } = application();
    const result = await run(config, 'doctor', '--json');
    expect(JSON.parse(result.out)).toMatchObject({ ok: true });
  });
});
