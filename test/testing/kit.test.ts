import { describe, expect, it } from 'vitest';
import { createApiKey, fakeDirectory, mintToken } from '../../src/testing/kit.ts';
import { guard, mount } from '../../src/node.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { apiKeys } from '../../src/services/api-keys.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';
import { ApiKeyStrategy } from '../../strategies/api-key.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { listen, onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { send } from '../support/http-client.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';

stopHostsAfterEach();

const SECRET = TEST_SECRET;
const jwt = () =>
  new JwtBearerStrategy({
    algorithm: 'HS256',
    keys: SECRET,
    issuer: 'https://issuer.example',
    audience: 'api',
  });

onEachFramework('mintToken', (framework) => {
  it('makes a token that a route accepts', async () => {
    const host = await framework.start({ chain: [authenticate(jwt())] });
    const token = mintToken({
      keys: SECRET,
      subject: 'ada',
      issuer: 'https://issuer.example',
      audience: 'api',
    });
    const answer = await host.get(`Bearer ${token}`);
    expect([answer.status, answer.json()]).toEqual([200, { id: 'ada' }]);
  });
});

describe('mintToken', () => {
  const facing = async (token: string): Promise<unknown> => {
    const recognition = await jwt().recognise({ header: 'authorization', scheme: 'bearer', value: token });
    return recognition.kind === 'rejected' ? recognition.error.code : recognition.kind;
  };
  const token = { keys: SECRET, subject: 'ada', issuer: 'https://issuer.example', audience: 'api' };

  it.each([
    ['has expired', { expiresInSeconds: -1 }, 'token_expired'],
    ['is for somebody else', { audience: 'web' }, 'token_audience_refused'],
    ['comes from somebody else', { issuer: 'https://other.example' }, 'token_issuer_refused'],
    ['lacks a claim', { claims: { sub: undefined } }, 'token_claim_missing'],
    ['is of another kind', { typ: 'at+jwt' }, 'token_type_refused'],
    ['is signed with another key', { keys: `another ${SECRET}` }, 'token_signature_invalid'],
  ])('makes a token that %s', async (_title, changed, reason) => {
    expect(await facing(mintToken({ ...token, ...changed }))).toBe(reason);
  });

  it('counts its times from the clock that it is given', () => {
    const minted = mintToken({ ...token, clock: movableClock(1_000), expiresInSeconds: 60 });
    const claims = JSON.parse(Buffer.from(minted.split('.')[1] as string, 'base64url').toString()) as object;
    expect(claims).toMatchObject({ iat: 1_000, exp: 1_060 });
  });
});

describe('createApiKey', () => {
  it('makes a key that a route accepts, with the workspace and the scopes that it is given', async () => {
    const keys = apiKeys({ store: memoryStore(), productPrefix: 'acme' });
    const door = guard(authenticate(new ApiKeyStrategy({ keys })));
    const { port } = await listen((request, response) =>
      door(request, response, () => response.end(JSON.stringify(door.of(request).workspace))),
    );
    const key = await createApiKey(keys, { workspace: 'ws-7', name: undefined });
    const answer = await send(port, { headers: { Authorization: `Api-Key ${key}` } });
    expect([answer.status, answer.json()]).toEqual([200, 'ws-7']);
    await keys.close();
  });
});

describe('fakeDirectory', () => {
  it('lets its users sign in to the systems', async () => {
    const directory = fakeDirectory([{ email: 'ada@example.com', password: 'a long password', clientId: 7 }]);
    const [pair, b2b] = [
      jwtPairSystem({ store: memoryStore(), directory, keys: SECRET }),
      b2bSystem({ store: memoryStore(), directory, keys: SECRET }),
    ];
    const answer = mount(pair, b2b);
    const { port } = await listen((request, response) => answer(request, response, () => response.end()));
    const post = async (path: string, body: object): Promise<number> => {
      const headers = { 'Content-Type': 'application/json' };
      return (await send(port, { method: 'POST', path, headers, body: JSON.stringify(body) })).status;
    };
    const [email, password] = ['ada@example.com', 'a long password'];
    expect(await post('/api/v1/jwt/create/', { email, password })).toBe(200);
    expect(await post('/api/v1/jwt/create/', { email, password: 'another password' })).toBe(401);
    expect(await post('/auth/login', { username: email, password, client_id: 7 })).toBe(200);
    Object.assign(directory.users[0] as object, { active: false });
    expect(await post('/api/v1/jwt/create/', { email, password })).toBe(401);
    await Promise.all([pair.close(), b2b.close()]);
  });
});
