import { describe, expect, it } from 'vitest';
import { apiKeys } from '../../../src/services/api-keys.ts';
import { jwtPairSystem, type JwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';
import { exchangeWith } from '../../support/fake-exchange.ts';
import { BAD_REFRESH, BAD_TOKEN, expectPair, expectRefusal } from './expectations.ts';
import { expectAccess, SECRET, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

interface JwtPair {
  readonly system: JwtPairSystem;
  /** Posts to one of its endpoints and gives status and body. */
  post(
    name: string,
    body: unknown,
    token?: string,
  ): Promise<{ status: number; body: Record<string, string> }>;
}

/** The JWT pair API over the same store, users, secret and time. */
function jwtPairBeside({ store, directory, clock }: Stage): JwtPair {
  const system = jwtPairSystem({ store, directory, keys: SECRET, clock, onEvent: () => undefined });
  return {
    system,
    async post(name, body, token) {
      const bytes = Buffer.from(JSON.stringify(body));
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const exchange = exchangeWith(headers, {
        method: 'POST',
        body: () => Promise.resolve({ kind: 'bytes', bytes, contentType: 'application/json' }),
      });
      const reply = await system.handle(exchange, `/api/v1/jwt/${name}/`);
      if (reply === null) throw new TypeError(`there is no ${name}`);
      return { status: reply.status, body: JSON.parse(reply.body) as Record<string, string> };
    },
  };
}

describe('Beside the JWT pair API, over one store and one secret', () => {
  it('JWT-11 no token of one is a token of the other', async () => {
    const stage = await startStage();
    const other = jwtPairBeside(stage);
    const { ada } = stage.directory;
    const { body: foreign } = await other.post('create', { email: ada.login, password: ada.password });
    const own = await stage.login();
    for (const token of [foreign['access'], foreign['refresh']]) {
      expectRefusal(await stage.products(token), BAD_TOKEN);
      expectRefusal(await stage.logout(token), BAD_TOKEN);
      expectRefusal(await stage.refresh(token), BAD_REFRESH);
    }
    for (const token of [own.access_token, own.refresh_token]) {
      expect((await other.post('refresh', { refresh: token })).status).toBe(401);
      expect((await other.post('logout', {}, token)).status).toBe(401);
    }
    await expectAccess(stage, own.access_token, 'works');
    expectPair(await stage.refresh(own.refresh_token));
    expect((await other.post('refresh', { refresh: foreign['refresh'] })).status).toBe(200);
    await other.system.close();
  });

  it('the end of an owner’s sessions in one is none in the other, though they have the same name', async () => {
    const stage = await startStage();
    const other = jwtPairBeside(stage);
    const { ada } = stage.directory;
    const { body: foreign } = await other.post('create', { email: ada.login, password: ada.password });
    const own = await stage.login();
    await stage.logout(own.access_token);
    expect((await other.post('refresh', { refresh: foreign['refresh'] })).status).toBe(200);
    const again = await stage.login();
    await other.system.sessions.revokeAll(ada.id, { reason: 'a test' });
    expect((await other.post('refresh', { refresh: foreign['refresh'] })).status).toBe(401);
    await expectAccess(stage, again.access_token, 'works');
    await other.system.close();
  });
});

describe('Beside API keys, over one store', () => {
  it.each(['checksummed', 'prefix-secret'] as const)(
    'a live key that is %s is no token',
    async (keyFormat) => {
      const stage = await startStage();
      const { store, clock } = stage;
      const keys = apiKeys({ store, clock, productPrefix: 'acme', keyFormat });
      const issued = await keys.create({ workspace: 'w1', name: 'a key' });
      const { key } = issued;
      expect(key).toMatch(/^\S{20,}$/);
      expectRefusal(await stage.products(key), BAD_TOKEN);
      expectRefusal(await stage.refresh(key), BAD_REFRESH);
      await keys.close();
    },
  );
});
