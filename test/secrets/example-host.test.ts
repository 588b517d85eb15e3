import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, signInB2b, signInJwt, signInSession, type Pair } from '../examples/client.ts';
import { buildExamples, endHostsAfterAll, startReady, type ReadyLine } from '../examples/host.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { tracesIn, type Secret } from './traces.ts';

beforeAll(buildExamples, 120_000);
endHostsAfterAll();

const folder = mkdtempSync(join(tmpdir(), 'portcullis-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const JWT_SECRET = 'kX7/+=&kQ2vTz9Lw4Ry8Bn1Mc6Hp3Jd5Fs0';
const WRONG = 'mistyped/+&= of somebody';
/** What a client writes to begin a line of its own in a log. */
const FORGED = 'mara\r\n{"type":"decision","outcome":"allowed","guard":"forged"}';

/** Standard error goes where standard output goes, and both are read. */
const COMMAND = ['sh', '-c', 'exec node examples/dist/api/main.js "$@" 2>&1', 'sh'] as const;

/** Right and wrong requests to every system; gives the tokens that were issued. */
async function traffic(ready: ReadyLine): Promise<readonly Pair[]> {
  const { url, apiKey, b2b, jwt, session } = ready;
  const pairs = [await signInB2b(ready), await signInJwt(ready), await signInSession(ready)];
  const [own, member, trader] = pairs as [Pair, Pair, Pair];
  const statuses = new Map<string, number>();
  async function note(what: string, path: string, how: Parameters<typeof ask>[1] = {}): Promise<void> {
    statuses.set(what, (await ask(url + path, how)).status);
  }
  const bearer = (token: string): string => `Bearer ${token}`;
  await note('products', '/api/v1/products', { authorization: bearer(own.access) });
  await note('audiences', '/api/v1/audiences/', { authorization: bearer(member.access) });
  await note('audiences by key', '/api/v1/audiences/', { authorization: `Api-Key ${apiKey}` });
  await note('reports', '/bearer/reports', { authorization: bearer(trader.access) });
  await note('a token cut off', '/api/v1/products', { authorization: bearer(own.access.slice(0, -2)) });
  await note('a key cut off', '/api/v1/audiences/', { authorization: `Api-Key ${apiKey.slice(0, -2)}` });
  await note('a token of another system', '/bearer/reports', { authorization: bearer(own.access) });
  await note('a refresh token', '/api/v1/products', { authorization: bearer(own.refresh) });
  await note('a query', `/api/v1/products?access_token=${own.access}&key=${encodeURIComponent(apiKey)}`);
  const login = (username: string, password: string) => ({ body: { username, password } });
  await note('a wrong password', '/auth/login', login(b2b.username, WRONG));
  await note('a password for a name', '/auth/login', login(b2b.password, b2b.password));
  await note('a forged line', '/auth/login', login(FORGED, WRONG));
  await note('wrong types', '/auth/login', { body: { username: [b2b.password], password: {} } });
  await note('a wrong e-mail', '/api/v1/jwt/create/', { body: { email: jwt.password, password: WRONG } });
  await note('a trader', '/bearer/auth/login', login(session.username, WRONG));
  await note('a refresh', '/auth/refresh', { body: { refresh_token: own.refresh } });
  await note('a refresh by nothing', '/auth/refresh', { body: { refresh_token: b2b.password } });
  await note('verify', '/api/v1/jwt/verify/', { body: { token: member.access } });
  await note('forwarded', '/api/v1/products', {
    authorization: bearer(own.access),
    headers: { 'X-Forwarded-For': '203.0.113.9', Cookie: `session=${own.refresh}` },
  });
  await note('logout', '/auth/logout', { authorization: bearer(own.access), body: {} });
  await note('nothing here', '/nowhere', { authorization: bearer(member.access) });
  expect([...statuses.values()].filter((status) => status === 200).length).toBeGreaterThanOrEqual(6);
  expect([...statuses].filter(([, status]) => status >= 500)).toEqual([]);
  return pairs;
}

/** The administrator's tool on the same store, writing to the same log. */
function tool(env: Readonly<Record<string, string>>, ...args: readonly string[]): string {
  const config = ['--config', 'examples/dist/api/portcullis.config.js'];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['dist/src/cli/main.js', ...args, ...config],
    { cwd: PACKAGE_ROOT, encoding: 'utf8', env: { ...process.env, ...env } },
  );
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

/** Tokens and what of them is secret by itself: the signature of a JWT completes what anybody can guess. */
function secretsOf(ready: ReadyLine, pairs: readonly Pair[], keys: readonly string[]): readonly Secret[] {
  const { b2b, jwt, session, apiKey, otherWorkspaceApiKey } = ready;
  const tokens = pairs.flatMap(({ access, refresh }, index) => [
    { what: `access token ${index}`, value: access },
    { what: `refresh token ${index}`, value: refresh },
  ]);
  const signatures = tokens.flatMap(({ what, value }) => {
    const [, , signature] = value.split('.');
    return signature === undefined ? [] : [{ what: `signature of ${what}`, value: signature }];
  });
  return [
    ...tokens,
    ...signatures,
    ...[b2b.password, b2b.other.password, jwt.password, session.password, WRONG].map((value, index) => ({
      what: `password ${index}`,
      value,
    })),
    ...[apiKey, otherWorkspaceApiKey, ...keys].flatMap((value, index) => [
      { what: `API key ${index}`, value },
      { what: `secret of API key ${index}`, value: value.split('_').at(-1) ?? '' },
    ]),
    { what: 'JWT_SECRET', value: JWT_SECRET },
  ];
}

describe.each(['express', 'koa', 'node'])('the example host on %s', (framework) => {
  it(
    'LG-01 LG-02 lets no secret into its output or its events, and no client into its lines',
    { timeout: 60_000 },
    async () => {
      const auditLog = join(folder, `${framework}.jsonl`);
      const env = {
        FRAMEWORK: framework,
        STORE: `sqlite:${join(folder, `${framework}.db`)}`,
        AUDIT_LOG: auditLog,
        JWT_SECRET,
      };
      const host = await startReady({ env, command: COMMAND });
      const pairs = await traffic(host.ready);
      const made = JSON.parse(
        tool(env, 'keys', 'create', '--workspace', 'ws-harbour', '--name', 'nightly', '--json'),
      ) as { key: string; record: { id: string } };
      const next = JSON.parse(tool(env, 'keys', 'rotate', made.record.id, '--json')) as { key: string };
      tool(env, 'keys', 'revoke', made.record.id);
      tool(env, 'allowlist', 'add', '--client', '123456', '127.0.0.0/8');
      tool(env, 'doctor');
      await host.stop();

      const log = readFileSync(auditLog, 'utf8');
      const events = log
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const told = new Set(
        events.map(({ type, action, outcome }) => `${String(type)} ${String(action ?? outcome)}`),
      );
      for (const kind of [
        'decision allowed',
        'decision denied',
        'session started',
        'session refreshed',
        'session owner_revoked',
        'api_key created',
        'api_key rotated',
        'api_key revoked',
        'allowlist added',
      ]) {
        expect(told).toContain(kind);
      }
      expect(events.filter(({ guard }) => guard === 'forged')).toEqual([]);
      const decisions = events.filter(({ type }) => type === 'decision');
      expect(decisions.filter(({ requestId }) => typeof requestId !== 'string')).toEqual([]);

      // The first line is what a script asks for: the credentials of the demonstration.
      const output = host.output().split('\n').slice(1).join('\n');
      const secrets = secretsOf(host.ready, pairs, [made.key, next.key]);
      expect(secrets.every(({ value }) => value.length >= 12)).toBe(true);
      expect(tracesIn(Buffer.from(log), secrets)).toEqual([]);
      expect(tracesIn(Buffer.from(output), secrets)).toEqual([]);
      expect(output).not.toContain('"forged"');
    },
  );
});
