import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { expectPair, type PairData } from '../systems/b2b/expectations.ts';
import { B2B_HOSTS } from '../systems/b2b/hosts.ts';
import { startServer, useServerProcesses, type ServerProcess } from '../systems/b2b/server-process.ts';
import { databaseFile, removeStoresAfterEach } from '../systems/b2b/stores.ts';
import { tracesIn, type Secret } from './traces.ts';

// A process takes seconds to start on a crowded machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
useServerProcesses();
removeStoresAfterEach();

const KEYS = 'a signing secret that nobody may see, in 0+/=& characters';
const PASSWORD = 'pässwörd/+&= of ada';
const WRONG_PASSWORD = 'mistyped/+&= of ada';
const ADA = { login: 'ada', password: PASSWORD, id: 'user-ada', clientId: 123_456 };

/** Every kind of request, right and wrong; gives all tokens that were issued. */
async function traffic(server: ServerProcess): Promise<readonly PairData[]> {
  const login = (username: string, password: string) => server.post('/auth/login', { username, password });
  const refresh = (token: string) => server.post('/auth/refresh', { refresh_token: token });
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const pairs: PairData[] = [
    expectPair(await login('ada', PASSWORD)),
    expectPair(await login('ada', PASSWORD)),
  ];
  const [first, second] = pairs as [PairData, PairData];
  const third = expectPair(await refresh(first.refresh_token));
  const repeat = expectPair(await refresh(first.refresh_token));
  const fourth = expectPair(await refresh(third.refresh_token));
  pairs.push(third, repeat, fourth);

  const statuses = {
    'a wrong password': (await login('ada', WRONG_PASSWORD)).status,
    'an unknown user': (await login('nobody', PASSWORD)).status,
    'a password for a name': (await login(PASSWORD, PASSWORD)).status,
    'a directory that throws': (await login('broken', PASSWORD)).status,
    'JSON that breaks off': (await server.post('/auth/login', `{"username":"ada","password":"${PASSWORD}`))
      .status,
    'a field of another type': (await server.post('/auth/login', { username: [PASSWORD], password: {} }))
      .status,
    'secrets in the query': (await server.post(`/auth/login?password=${encodeURIComponent(PASSWORD)}`))
      .status,
    'a token in the query': (await server.post(`/auth/logout?access_token=${second.access_token}`)).status,
    'a password for a token': (await refresh(PASSWORD)).status,
    'an access token to refresh': (await refresh(second.access_token)).status,
    'a refresh token as access token': (await server.products(second.refresh_token)).status,
    'a protected resource': (await server.products(fourth.access_token)).status,
    'a token that is cut off': (await server.products(fourth.access_token.slice(0, -1))).status,
    'a Basic header': (
      await server.post('/auth/logout', undefined, { Authorization: `Basic ${btoa('ada:x')}` })
    ).status,
    theft: (await refresh(first.refresh_token)).status,
    'a session that is over': (await refresh(fourth.refresh_token)).status,
    'a logout': (await server.post('/auth/logout', undefined, bearer(second.access_token))).status,
    'a logout again': (await server.post('/auth/logout', undefined, bearer(second.access_token))).status,
  };
  expect(statuses).toEqual({
    'a wrong password': 401,
    'an unknown user': 401,
    'a password for a name': 401,
    'a directory that throws': 500,
    'JSON that breaks off': 400,
    'a field of another type': 400,
    'secrets in the query': 400,
    'a token in the query': 401,
    'a password for a token': 401,
    'an access token to refresh': 401,
    'a refresh token as access token': 401,
    'a protected resource': 200,
    'a token that is cut off': 401,
    'a Basic header': 401,
    theft: 401,
    'a session that is over': 401,
    'a logout': 200,
    'a logout again': 401,
  });
  pairs.push(expectPair(await login('ada', PASSWORD)));
  return pairs;
}

/** Whole tokens, and their signatures alone: what stands before those is no secret, and with it they are the token. */
function secretsOf(pairs: readonly PairData[]): readonly Secret[] {
  const tokens = pairs.flatMap((pair, index) => [
    { what: `access token ${index}`, value: pair.access_token },
    { what: `refresh token ${index}`, value: pair.refresh_token },
  ]);
  return [
    { what: 'the password', value: PASSWORD },
    { what: 'the mistyped password', value: WRONG_PASSWORD },
    { what: 'the signing secret', value: KEYS },
    ...tokens,
    ...tokens.map(({ what, value }) => ({ what: `signature of ${what}`, value: value.split('.')[2] ?? '' })),
  ];
}

describe.each(B2B_HOSTS)('BT-11 SE-02 the B2B API on $name', ({ name }) => {
  it('lets no secret out: not in its events, its output, its database or the log of that', async () => {
    const path = databaseFile();
    const server = await startServer({ host: name, path, keys: KEYS, users: [ADA] });
    const pairs = await traffic(server);
    const secrets = secretsOf(pairs);
    // Killed, so that the write-ahead log stays as it is.
    await server.kill();

    const output = server.output();
    for (const told of [
      '"action":"started"',
      '"action":"reuse_detected"',
      '"action":"owner_revoked"',
      '"reason":"login_failed"',
      '"reason":"token_malformed"',
      '"reason":"internal_error"',
      'the directory is broken',
    ]) {
      expect(output).toContain(told);
    }
    expect(tracesIn(Buffer.from(output), secrets)).toEqual([]);

    const files = readdirSync(dirname(path));
    expect(files).toContain('app.db-wal');
    const database = Buffer.concat(files.map((file) => readFileSync(join(dirname(path), file))));
    expect(database.includes('b2b:123456')).toBe(true);
    expect(tracesIn(database, secrets)).toEqual([]);
  });
});
