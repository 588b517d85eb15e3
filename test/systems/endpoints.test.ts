import { describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import { jsonReply, type Reply } from '../../src/core/reply.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { endpointTable, type Endpoint, type EndpointTableOptions } from '../../src/systems/endpoints.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';

const OK = jsonReply(200, { ok: true });

function endpoint(method: Endpoint['method'], path: string, handle: Endpoint['handle'] = () => OK): Endpoint {
  return { method, path, name: `${method} ${path}`, handle };
}

interface Asked {
  readonly reply: Reply | null;
  readonly events: readonly DecisionEvent[];
}

async function ask(
  endpoints: readonly Endpoint[],
  method: string,
  path: string,
  options: Partial<EndpointTableOptions> = {},
): Promise<Asked> {
  const events: DecisionEvent[] = [];
  const handle = endpointTable(endpoints, {
    dialect: envelope(),
    schemes: ['Bearer'],
    prefixes: ['/auth'],
    clock: movableClock(),
    onEvent: (event) => events.push(event),
    ...options,
  });
  const reply = await handle(exchangeWith({}, { method, path, mountedPath: path }), path);
  return { reply, events };
}

const TABLE = [
  endpoint('POST', '/auth/login'),
  endpoint('GET', '/auth/login'),
  endpoint('DELETE', '/auth/session'),
];

function header(reply: Reply | null, name: string): string | undefined {
  return reply?.headers.find(([each]) => each === name)?.[1];
}

describe('endpointTable', () => {
  it.each([
    ['POST', '/auth/login', 200],
    ['POST', '/auth/login/', 200],
    ['GET', '/auth/login', 200],
    ['DELETE', '/auth/session/', 200],
    ['POST', '/auth/login//', 404],
    ['POST', '/auth', 404],
    ['POST', '/auth/', 404],
    ['POST', '/auth/loginx', 404],
    ['GET', '/auth/__proto__', 404],
    ['PUT', '/auth/login', 405],
    ['post', '/auth/login', 405],
    ['POST', '/auth/session', 405],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await ask(TABLE, method, path)).reply?.status).toBe(status);
  });

  it.each([
    ['POST', '/'],
    ['POST', ''],
    ['POST', '*'],
    ['GET', '/authx'],
    ['GET', '/AUTH/login'],
    ['GET', '/x/auth/login'],
    ['OPTIONS', '/auth/login'],
    ['OPTIONS', '/auth/unknown'],
    ['OPTIONS', '*'],
  ])('leaves %s %s to the host, without an event', async (method, path) => {
    expect(await ask(TABLE, method, path)).toEqual({ reply: null, events: [] });
  });

  it('leaves other paths to the host without a promise', () => {
    const handle = endpointTable(TABLE, {
      dialect: envelope(),
      schemes: [],
      prefixes: ['/auth'],
      clock: movableClock(),
      onEvent: undefined,
    });
    expect(handle(exchangeWith(), '/things')).toBeNull();
  });

  it('names the methods that a path has', async () => {
    expect(header((await ask(TABLE, 'PUT', '/auth/login')).reply, 'Allow')).toBe('POST, GET');
    expect(header((await ask(TABLE, 'POST', '/auth/session')).reply, 'Allow')).toBe('DELETE');
  });

  it('answers an unknown path only below its prefixes, before it looks at methods', async () => {
    const options = { prefixes: ['/auth', '/api/v1/jwt'] };
    expect((await ask(TABLE, 'PATCH', '/api/v1/jwt/x', options)).reply?.status).toBe(404);
    expect((await ask(TABLE, 'PATCH', '/api/v1', options)).reply).toBeNull();
  });

  it('renders a refusal in its dialect and tells of it', async () => {
    const refusing = [endpoint('POST', '/auth/login', () => authError('login_failed'))];
    const { reply, events } = await ask(refusing, 'POST', '/auth/login');
    expect(reply?.status).toBe(401);
    expect(JSON.parse(reply?.body ?? '')).toEqual({
      error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Invalid credentials' },
    });
    expect(events).toMatchObject([
      {
        outcome: 'denied',
        guard: 'POST /auth/login',
        reason: 'login_failed',
        path: '/auth/login',
        principal: null,
      },
    ]);
  });

  it('tells of an answer as allowed', async () => {
    const { reply, events } = await ask(TABLE, 'POST', '/auth/login');
    expect(reply).toBe(OK);
    expect(events).toMatchObject([{ outcome: 'allowed', guard: 'POST /auth/login', reason: null }]);
  });

  it.each([
    [
      'thrown',
      (): never => {
        throw new Error('secret detail');
      },
      500,
      'internal_error',
    ],
    ['rejected', () => Promise.reject(new Error('secret detail')), 500, 'internal_error'],
    [
      'an outage',
      () => Promise.reject(new StoreError('secret detail', { retryAfterSeconds: 7 })),
      503,
      'dependency_unavailable',
    ],
    [
      'a refusal that is thrown',
      () => Promise.reject(authError('ip_denied') as unknown as Error),
      403,
      'ip_denied',
    ],
  ] as const)(
    'never rejects: what is %s becomes an answer without detail',
    async (_case, handle, status, reason) => {
      const { reply, events } = await ask([endpoint('POST', '/auth/login', handle)], 'POST', '/auth/login');
      expect(reply?.status).toBe(status);
      expect(JSON.stringify(reply)).not.toContain('secret detail');
      expect(header(reply, 'Retry-After')).toBe(status === 503 ? '7' : undefined);
      expect(events).toMatchObject([{ outcome: 'failed', reason }]);
    },
  );

  it('keeps the path in events free of the query', async () => {
    const events: DecisionEvent[] = [];
    const handle = endpointTable(TABLE, {
      dialect: envelope(),
      schemes: [],
      prefixes: ['/auth'],
      clock: movableClock(),
      onEvent: (event) => events.push(event),
    });
    await handle(
      exchangeWith({}, { method: 'POST', path: '/auth/login', query: 'token=secret' }),
      '/auth/login',
    );
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});

describe('a path with a segment that stands for any', () => {
  const echo: Endpoint['handle'] = (_exchange, _identify, segments) => jsonReply(200, { ...segments });
  const THINGS = [
    endpoint('DELETE', '/auth/things/:id', echo),
    endpoint('POST', '/auth/things/:id/check', echo),
    endpoint('GET', '/auth/things/all', () => jsonReply(200, 'all')),
  ];

  it.each([
    ['DELETE', '/auth/things/7', 200, { id: '7' }],
    ['DELETE', '/auth/things/7/', 200, { id: '7' }],
    ['DELETE', '/auth/things/%2e%2e', 200, { id: '%2e%2e' }],
    ['DELETE', '/auth/things/:id', 200, { id: ':id' }],
    ['DELETE', '/auth/things/__proto__', 200, { id: '__proto__' }],
    ['POST', '/auth/things/7/check', 200, { id: '7' }],
    ['GET', '/auth/things/all', 200, 'all'],
  ])('takes %s %s', async (method, path, status, body) => {
    const { reply } = await ask(THINGS, method, path);
    expect([reply?.status, JSON.parse(reply?.body ?? '')]).toEqual([status, body]);
  });

  it.each([
    ['DELETE', '/auth/things', 404, undefined],
    ['DELETE', '/auth/things/', 404, undefined],
    ['POST', '/auth/things//check', 404, undefined],
    ['POST', '/auth/things/7/check/again', 404, undefined],
    ['GET', '/auth/things/7', 405, 'DELETE'],
    ['DELETE', '/auth/things/all', 405, 'GET'],
    ['DELETE', '/auth/things/7/check', 405, 'POST'],
  ])('refuses %s %s', async (method, path, status, allow) => {
    const { reply } = await ask(THINGS, method, path);
    expect([reply?.status, header(reply, 'Allow')]).toEqual([status, allow]);
  });
});
