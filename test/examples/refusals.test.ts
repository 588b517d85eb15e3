import { beforeAll, describe, expect, it } from 'vitest';
import { ask, oauthClientToken, signInB2b, signInJwt, signInOauth, signInSession } from './client.ts';
import { buildExamples, endHostsAfterAll, startReady, type ReadyLine } from './host.ts';

/** Every kind of token that the host gives out. */
const KINDS = [
  'b2b access',
  'b2b refresh',
  'jwt access',
  'jwt refresh',
  'session access',
  'session refresh',
  'oauth access',
  'oauth refresh',
  'oauth application',
  'api key',
] as const;

type Kind = (typeof KINDS)[number];

interface Door {
  readonly name: string;
  readonly opensTo: readonly Kind[];
  open(url: string, token: string, ready: ReadyLine): Promise<{ readonly status: number }>;
  /** The status of its refusals; 401 unless told otherwise. */
  readonly refusedWith?: number;
}

/** Every place of the host that takes a token. */
const DOORS: readonly Door[] = [
  ...guarded('GET', '/api/v1/products', ['b2b access']),
  ...guarded('GET', '/api/v1/audiences/', ['jwt access'], ['api key']),
  ...guarded('GET', '/bearer/reports', ['session access']),
  ...guarded('GET', '/v1/research', ['oauth access', 'oauth application']),
  taking('/auth/refresh', 'refresh_token', ['b2b refresh']),
  taking('/api/v1/jwt/refresh/', 'refresh', ['jwt refresh']),
  taking('/api/v1/jwt/verify/', 'token', ['jwt access', 'jwt refresh']),
  taking('/bearer/auth/refresh', 'refresh_token', ['session refresh']),
  {
    name: 'POST /v1/oauth/token',
    opensTo: ['oauth refresh'],
    open: (url, token, ready) =>
      ask(`${url}/v1/oauth/token`, {
        body: {
          grant_type: 'refresh_token',
          client_id: ready.oauth.confidential.client_id,
          client_secret: ready.oauth.confidential.client_secret,
          refresh_token: token,
        },
      }),
    refusedWith: 400,
  },
  // Last of all, since they end what they are opened with.
  ...guarded('POST', '/bearer/auth/logout', ['session access']),
  ...guarded('POST', '/api/v1/jwt/logout/', ['jwt access']),
  ...guarded('POST', '/auth/logout', ['b2b access']),
];

function guarded(
  method: 'GET' | 'POST',
  path: string,
  toBearer: readonly Kind[],
  toApiKey: readonly Kind[] = [],
): Door[] {
  const door = (scheme: string, opensTo: readonly Kind[]): Door => ({
    name: `${method} ${path} as ${scheme}`,
    opensTo,
    open: (url, token) =>
      ask(`${url}${path}`, {
        authorization: `${scheme} ${token}`,
        ...(method === 'POST' ? { body: {} } : {}),
      }),
  });
  return [door('Bearer', toBearer), door('Api-Key', toApiKey)];
}

function taking(path: string, field: string, opensTo: readonly Kind[]): Door {
  return {
    name: `POST ${path}`,
    opensTo,
    open: (url, token) => ask(`${url}${path}`, { body: { [field]: token } }),
  };
}

beforeAll(buildExamples, 120_000);
endHostsAfterAll();

describe('tokens of one system', () => {
  let ready: ReadyLine;
  let tokens: Readonly<Record<Kind, string>>;

  beforeAll(async () => {
    ({ ready } = await startReady({ env: { FRAMEWORK: 'node' } }));
    const [b2b, jwt, session] = [await signInB2b(ready), await signInJwt(ready), await signInSession(ready)];
    const oauth = await signInOauth(ready);
    tokens = {
      'b2b access': b2b.access,
      'b2b refresh': b2b.refresh,
      'jwt access': jwt.access,
      'jwt refresh': jwt.refresh,
      'session access': session.access,
      'session refresh': session.refresh,
      'oauth access': oauth.access,
      'oauth refresh': oauth.refresh,
      'oauth application': await oauthClientToken(ready, ready.oauth.confidential.team),
      'api key': ready.apiKey,
    };
  });

  const foreign = DOORS.flatMap((door) =>
    KINDS.filter((kind) => !door.opensTo.includes(kind)).map((kind) => ({ kind, door, at: door.name })),
  );

  it.each(foreign)('are refused by the others: $kind at $at', async ({ kind, door }) => {
    // An API key is known there, and has no session that could end.
    const isKnown = kind === 'api key' && door.name === 'POST /api/v1/jwt/logout/ as Api-Key';
    const { status } = await door.open(ready.url, tokens[kind], ready);
    expect(status).toBe(isKnown ? 403 : (door.refusedWith ?? 401));
  });

  const own = DOORS.flatMap((door) => door.opensTo.map((kind) => ({ kind, door, at: door.name })));

  it.each(own)('open their own after all these refusals: $kind at $at', async ({ kind, door }) => {
    const token = await current(kind);
    expect((await door.open(ready.url, token, ready)).status).toBe(200);
  });

  /** A refresh replaces the tokens of its session; what the next door is to get is what holds then. */
  async function current(kind: Kind): Promise<string> {
    const refreshed = {
      'b2b access': signInB2b,
      'session access': signInSession,
      'oauth access': signInOauth,
    }[kind as string];
    return refreshed === undefined ? tokens[kind] : (await refreshed(ready)).access;
  }
});
