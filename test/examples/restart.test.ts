import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { allowlists } from '../../src/services/allowlists.ts';
import { sqliteStore } from '../../src/stores/sqlite.ts';
import { ask, signInB2b, signInJwt, signInSession, type Pair } from './client.ts';
import {
  buildExamples,
  endHostsAfterAll,
  runHost,
  startReady,
  type ExampleHost,
  type ReadyLine,
} from './host.ts';

const root = mkdtempSync(join(tmpdir(), 'example-restart-'));
const directory = join(root, 'data');
const database = join(directory, 'portcullis.db');
const env = { STORE: `sqlite:${database}`, FRAMEWORK: 'express', TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' };
const DEMO = ['node', 'examples/dist/api/demo.js'] as const;

afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeAll(buildExamples, 120_000);
endHostsAfterAll();

describe('the example host with a database file', () => {
  let host: ExampleHost;
  let ready: ReadyLine;
  let firstReady: ReadyLine;
  let before: Readonly<Record<'b2b' | 'jwt' | 'session', Pair>>;

  beforeAll(async () => {
    const first = await startReady({ env });
    firstReady = first.ready;
    before = {
      b2b: await signInB2b(first.ready),
      jwt: await signInJwt(first.ready),
      session: await signInSession(first.ready),
    };
    await first.stop();
    const second = await startReady({ env });
    host = second;
    ready = second.ready;
  });

  it('prints the same secrets after a restart', () => {
    expect({ ...ready, url: '' }).toEqual({ ...firstReady, url: '' });
  });

  it('keeps its files and their directory to their owner', () => {
    const modes = Object.fromEntries(
      readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]),
    );
    expect(modes).toMatchObject({ 'demo.json': 0o600, 'jwt-secret': 0o600, 'portcullis.db': 0o600 });
    expect(Object.values(modes).every((mode) => mode === 0o600)).toBe(true);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('keeps sessions, keys and secrets over a restart', async () => {
    const { b2b, jwt, session } = before;
    const answers = await Promise.all([
      ask(`${ready.url}/api/v1/products`, { authorization: `Bearer ${b2b.access}` }),
      ask(`${ready.url}/auth/refresh`, { body: { refresh_token: b2b.refresh } }),
      ask(`${ready.url}/api/v1/audiences/`, { authorization: `Bearer ${jwt.access}` }),
      ask(`${ready.url}/api/v1/jwt/refresh/`, { body: { refresh: jwt.refresh } }),
      ask(`${ready.url}/api/v1/audiences/`, { authorization: `Api-Key ${ready.apiKey}` }),
      ask(`${ready.url}/bearer/reports`, { authorization: `Bearer ${session.access}` }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('believes the proxies of TRUSTED_PROXIES about the address of a client with a list', async () => {
    const { access } = await signInB2b(ready);
    const store = sqliteStore(database);
    const lists = allowlists({ store });
    await lists.add(`client:${ready.b2b.client_id}`, { network: '203.0.113.0/24' });
    const from = async (forwarded: string): Promise<number> =>
      (
        await ask(`${ready.url}/api/v1/products`, {
          authorization: `Bearer ${access}`,
          headers: { 'X-Forwarded-For': forwarded },
        })
      ).status;
    await vi.waitFor(async () => expect(await from('198.51.100.1')).toBe(403), { timeout: 10_000 });
    expect(await from('203.0.113.7')).toBe(200);
    expect(await from('203.0.113.7, 198.51.100.1')).toBe(403);
    await lists.clear(`client:${ready.b2b.client_id}`);
    await lists.close();
    await store.close();
  });

  describe('npm run demo', () => {
    function demo(...args: string[]): ReturnType<typeof runHost> {
      return runHost({ command: DEMO, args, env });
    }

    it('withdraws and grants an account while the server runs', async () => {
      const { access } = await signInSession(ready);
      const account = await ask(`${ready.url}/bearer/auth/masquerade`, {
        authorization: `Bearer ${access}`,
        body: { account_id: 1002 },
      });
      const reports = (): Promise<{ status: number }> =>
        ask(`${ready.url}/bearer/reports`, { authorization: `Bearer ${String(account.body['token'])}` });
      const { username } = ready.session;
      const npm = ['npm', 'run', '--silent', 'demo', '--'] as const;
      expect(runHost({ command: npm, args: ['withdraw', username, '1002'], env })).toMatchObject({
        code: 0,
        stdout: `Done: withdraw ${username} 1002\n`,
      });
      expect(await reports()).toMatchObject({ status: 403, body: { error: 'account_forbidden' } });
      expect(demo('grant', username, '1002').code).toBe(0);
      expect((await reports()).status).toBe(200);
    });

    it('deactivates and activates a user while the server runs', async () => {
      const { email } = ready.jwt.other;
      const { access } = await signInJwt(ready, ready.jwt.other);
      const audiences = async (): Promise<number> =>
        (await ask(`${ready.url}/api/v1/audiences/`, { authorization: `Bearer ${access}` })).status;
      expect(await audiences()).toBe(200);
      expect(demo('deactivate', email).stdout).toBe(`Done: deactivate ${email}\n`);
      const login = await ask(`${ready.url}/api/v1/jwt/create/`, { body: ready.jwt.other });
      expect(login.status).toBe(401);
      // What a guard knows of a user is up to five seconds old.
      await vi.waitFor(async () => expect(await audiences()).toBe(401), { timeout: 15_000, interval: 200 });
      expect(demo('activate', email).code).toBe(0);
      await vi.waitFor(async () => expect(await audiences()).toBe(200), { timeout: 15_000, interval: 200 });
    });

    it.each([
      ['B2B', 'b2b', '/api/v1/products', '/auth/refresh', 'refresh_token'],
      ['JWT pair', 'jwt', '/api/v1/audiences/', '/api/v1/jwt/refresh/', 'refresh'],
      ['bearer session', 'session', '/bearer/reports', '/bearer/auth/refresh', 'refresh_token'],
    ] as const)(
      'AU-15 ends the sessions of a user of the %s API whose password it changes',
      async (_name, system, path, refreshPath, field) => {
        const signIn = { b2b: signInB2b, jwt: signInJwt, session: signInSession }[system];
        const { access, refresh } = await signIn(ready);
        const member = system === 'jwt' ? 'email' : 'username';
        const login = (ready[system] as unknown as Record<string, string>)[member] ?? '';
        const { code, stdout } = demo('password', login);
        const password = /^The new password of (\S+) is (\S+)\n$/.exec(stdout)?.[2] ?? '';
        expect({ code, stdout }).toEqual({
          code: 0,
          stdout: `The new password of ${login} is ${password}\n`,
        });
        const status = async (): Promise<number> =>
          (await ask(`${ready.url}${path}`, { authorization: `Bearer ${access}` })).status;
        await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 10_000 });
        expect((await ask(`${ready.url}${refreshPath}`, { body: { [field]: refresh } })).status).toBe(401);
        const withOld = await signIn(ready).catch(() => null);
        expect(withOld?.access ?? 'undefined').toBe('undefined');
        ready = { ...ready, [system]: { ...ready[system], password } };
        expect((await signIn(ready)).access).not.toBe('undefined');
      },
    );

    it.each([
      [[], /^The commands are: deactivate USER,/],
      [['toString', 'nils'], /^The commands are: /],
      [['withdraw', 'nils'], /^The commands are: /],
      [['deactivate', 'nobody'], /^There is no user "nobody"\.\n$/],
      [['grant', 'mara', '1001'], /^mara does not sign in to the bearer session API/],
    ])('says in a sentence why it does not do %j', (args, sentence) => {
      expect(demo(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
    });

    it('cannot reach a server that keeps everything in memory', () => {
      const { code, stderr } = runHost({ command: DEMO, args: ['activate', 'nils'] });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr:
          "What is kept in memory: is the server process's own; start both with a STORE that they can share.\n",
      });
    });
  });

  it('prints the changed passwords and the same keys after one more restart', async () => {
    expect(await host.stop()).toEqual({ code: 0, signal: null });
    const third = await startReady({ env });
    expect({ ...third.ready, url: '' }).toEqual({ ...ready, url: '' });
    await third.stop();
  });
});
