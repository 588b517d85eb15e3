import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/core/exchange.ts';
import type { EntryGuard } from '../../../src/core/decision.ts';
import type { System } from '../../../src/systems/endpoints.ts';
import { b2bSystem } from '../../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../../src/systems/bearer-session/system.ts';
import { jwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';
import { exchangeWith } from '../../support/fake-exchange.ts';
import { expectRefusal, expectTokens, INVALID_GRANT, INVALID_TOKEN } from './expectations.ts';
import { SECRET, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

interface Other {
  readonly name: string;
  readonly system: System & { authenticate(): EntryGuard<never> };
  readonly tokens: readonly string[];
  /** The status of an attempt to refresh with a token. */
  readonly refresh: (token: string) => Promise<number>;
}

function posting(body: object, headers: Readonly<Record<string, string>> = {}): Exchange {
  const contentType = 'application/json';
  const bytes = Buffer.from(JSON.stringify(body));
  return exchangeWith(
    { 'content-type': contentType, ...headers },
    { method: 'POST', body: () => Promise.resolve({ kind: 'bytes', bytes, contentType }) },
  );
}

/** The three other systems over the same store, users, secret and time, each with the tokens of a login of ada. */
async function beside({ store, directory: shared, clock }: Stage): Promise<readonly Other[]> {
  const { login, password } = shared.ada;
  const directory = {
    ...shared,
    findLogin: async (name: string) => withClient(await shared.findLogin(name)),
    findUser: async (id: string) => withClient(await shared.findUser(id)),
    homeAccount: () => 1,
    permissionsIn: () => [],
  };
  const onEvent = (): undefined => undefined;
  async function other(
    name: string,
    system: System,
    loginPath: string,
    loginBody: object,
    refreshPath: string,
    field: string,
  ): Promise<Other> {
    const reply = await system.handle(posting(loginBody), loginPath);
    const tokens = [...(reply?.body ?? '').matchAll(/"((?:ey|[0-9a-f]{8}-)[\w.-]{20,})"/g)].map(([, token]) =>
      String(token),
    );
    return {
      name,
      system: system as Other['system'],
      tokens,
      async refresh(token) {
        return (await system.handle(posting({ [field]: token }), refreshPath))?.status ?? 0;
      },
    };
  }
  const b2b = b2bSystem({ store, directory, keys: SECRET, clock, onEvent });
  const pair = jwtPairSystem({ store, directory, keys: SECRET, rotate: true, clock, onEvent });
  const session = bearerSessionSystem({ store, directory, secret: SECRET, clock, onEvent });
  return [
    await other('b2b', b2b, '/auth/login', { username: login, password }, '/auth/refresh', 'refresh_token'),
    await other(
      'jwt-pair',
      pair,
      '/api/v1/jwt/create',
      { email: login, password },
      '/api/v1/jwt/refresh',
      'refresh',
    ),
    await other(
      'bearer-session',
      session,
      '/auth/login',
      { username: login, password },
      '/auth/refresh',
      'refresh_token',
    ),
  ];
}

function withClient<U>(user: U | null): (U & { clientId: number }) | null {
  return user === null ? null : { ...user, clientId: 1 };
}

describe('Beside the other systems, over one store, one secret and the same users', () => {
  it.each(['jwt', 'opaque'] as const)(
    'JWT-11 no token of one is a token of another, with %s access tokens',
    async (accessTokens) => {
      const stage = await startStage(undefined, { accessTokens, secret: SECRET });
      const others = await beside(stage);
      const grant = await stage.grant();
      const own = expectTokens(
        await stage.token({
          grant_type: 'client_credentials',
          scope: 'rest_api:read',
          ...stage.app.credentials,
        }),
      );
      const ours = [grant.access, grant.refresh ?? '', own.access];
      for (const { name, system, tokens, refresh } of others) {
        expect([name, tokens.length]).toEqual([name, name === 'bearer-session' ? 3 : 2]);
        for (const token of tokens) {
          expectRefusal(await stage.me(token), INVALID_TOKEN);
          expectRefusal(await stage.refresh(stage.app, token), INVALID_GRANT);
          const introspected = await stage.post('/v1/oauth/introspect', { ...stage.app.credentials, token });
          expect(introspected.json()).toEqual({ active: false });
          expect((await stage.post('/v1/oauth/revoke', { ...stage.app.credentials, token })).status).toBe(
            200,
          );
        }
        const door = system.authenticate();
        for (const token of ours) {
          const decision = await door.enterChain(exchangeWith({ authorization: `Bearer ${token}` }));
          expect([name, decision.kind]).toEqual([name, 'deny']);
          expect([name, await refresh(token)]).toEqual([name, 401]);
        }
      }
      // After all that each still opens its own.
      for (const { name, system, tokens, refresh } of others) {
        const access = name === 'bearer-session' ? tokens[1] : tokens[0];
        const decision = await system
          .authenticate()
          .enterChain(exchangeWith({ authorization: `Bearer ${access ?? ''}` }));
        expect([name, decision.kind]).toEqual([name, 'allow']);
        expect([name, await refresh(tokens.at(-1) ?? '')]).toEqual([name, 200]);
        await system.close();
      }
      expect((await stage.me(grant.access)).status).toBe(200);
      expectTokens(await stage.refresh(stage.app, grant.refresh));
    },
  );
});
