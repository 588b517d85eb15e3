import { createServer, type Server } from 'node:http';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import type { EntryGuard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { guard, mount } from '../../src/node.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../src/systems/bearer-session/system.ts';
import type { System } from '../../src/systems/endpoints.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';
import { oauthSystem } from '../../src/systems/oauth/system.ts';
import { foreignPromise } from '../support/foreign-promise.ts';

const SECRET = 'a secret of the tests that is long enough';
const ADA = { id: '7', active: true, workspace: 'w1', clientId: 7 };

/** How a callback of a host can go wrong. */
const FAULTS: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw new Error('secret detail of the host');
    },
  ],
  ['rejects', () => Promise.reject(new Error('secret detail of the host'))],
  [
    'rejects as a thenable of another make',
    () =>
      foreignPromise(() => {
        throw new Error('secret detail of the host');
      }),
  ],
  ['never settles', () => new Promise(() => undefined)],
  ['returns undefined', () => undefined],
  ['returns true', () => true],
  ['returns a text', () => 'yes'],
  ['returns an empty object', () => ({})],
  ['returns a user without an id', () => ({ active: true })],
  ['returns a user whose id is a number', () => ({ ...ADA, id: 7, clientId: '7' })],
  ['promises true', () => Promise.resolve(true)],
];

type Callbacks = Record<string, (...args: never[]) => unknown>;

const SOUND: Callbacks = {
  findLogin: () => ADA,
  verifyPassword: (user: unknown, password: string) => user !== null && password === 'right',
  findUser: () => ADA,
  homeAccount: () => 10,
  permissionsIn: () => ['read'],
};

interface Wired {
  readonly system: System & { authenticate(): EntryGuard<Principal> };
  readonly login: string;
  readonly body: object;
  readonly access: (body: never) => string;
}

function wire(name: string, directory: Callbacks, limiter?: Callbacks): Wired {
  const shared = {
    store: memoryStore(),
    directory: directory as never,
    loginLimiter: limiter as never,
    deadlineMs: 30,
    accountCheck: 'each-request' as const,
    onEvent: () => undefined,
  };
  if (name === 'b2b') {
    return {
      system: b2bSystem({ ...shared, keys: SECRET }),
      login: '/auth/login',
      body: { username: 'ada', password: 'right' },
      access: ({ data }: { data: { access_token: string } }) => data.access_token,
    };
  }
  if (name === 'jwt-pair') {
    return {
      system: jwtPairSystem({ ...shared, keys: SECRET }),
      login: '/api/v1/jwt/create/',
      body: { email: 'ada', password: 'right' },
      access: ({ access }: { access: string }) => access,
    };
  }
  return {
    system: bearerSessionSystem({ ...shared, secret: SECRET }),
    login: '/auth/login',
    body: { username: 'ada', password: 'right' },
    access: ({ token }: { token: string }) => token,
  };
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const system of open.splice(0)) await system.close();
});

function serverOf({ system }: Wired): Server {
  open.push(system);
  const answer = mount(system);
  const door = guard(system.authenticate(), { onEvent: () => undefined });
  return createServer((req, res) => {
    void answer(req, res, () => door(req, res, () => res.end('inside')));
  });
}

const CASES: readonly (readonly [system: string, callback: string])[] = [
  ['b2b', 'findLogin'],
  ['b2b', 'verifyPassword'],
  ['b2b', 'findUser'],
  ['jwt-pair', 'findLogin'],
  ['jwt-pair', 'verifyPassword'],
  ['jwt-pair', 'findUser'],
  ['bearer-session', 'findLogin'],
  ['bearer-session', 'verifyPassword'],
  ['bearer-session', 'findUser'],
  ['bearer-session', 'homeAccount'],
  ['bearer-session', 'permissionsIn'],
];

describe.each(CASES)('F26 %s, when directory.%s', (name, callback) => {
  // Whether a password is right is said by true, and nothing else.
  const faults = FAULTS.filter(([how]) => callback !== 'verifyPassword' || !how.includes('true'));

  it.each(faults)('%s, signs nobody in and says nothing of why', async (_how, fault) => {
    const wired = wire(name, { ...SOUND, [callback]: fault });
    const { status, text } = await request(serverOf(wired)).post(wired.login).send(wired.body);
    // A login asks for the user by name; findUser matters only where there is a session.
    const refusals = [400, 401, 403, 500, 503];
    expect(callback === 'findUser' ? [200, ...refusals] : refusals).toContain(status);
    expect(text).not.toContain('secret detail');
  });

  it.each(faults)('%s after the login, lets nobody in by a token', async (_how, fault) => {
    const callbacks: Callbacks = { ...SOUND };
    const wired = wire(name, callbacks);
    const server = serverOf(wired);
    const login = await request(server).post(wired.login).send(wired.body);
    const bearer = `Bearer ${wired.access(login.body as never)}`;
    expect((await request(server).get('/x').set('Authorization', bearer)).text).toBe('inside');
    callbacks[callback] = fault;
    const { status, text } = await request(server).get('/x').set('Authorization', bearer);
    // What a request with a token does not ask about cannot refuse it.
    const isAsked = callback === 'findUser' || callback === 'permissionsIn';
    expect(isAsked ? [401, 403, 500, 503] : [200]).toContain(status);
    expect(text === 'inside').toBe(!isAsked);
    expect(text).not.toContain('secret detail');
  });
});

describe.each(['b2b', 'jwt-pair', 'bearer-session'])('F26 %s, when the limiter', (name) => {
  it.each(FAULTS.filter(([how]) => !how.includes('undefined')))(
    '%s, signs nobody in',
    async (_how, fault) => {
      const limiter = { check: fault, failed: () => undefined, succeeded: () => undefined };
      const wired = wire(name, SOUND, limiter);
      const { status } = await request(serverOf(wired)).post(wired.login).send(wired.body);
      expect([500, 503]).toContain(status);
    },
  );
});

describe('F26 oauth, when the limiter of its endpoints', () => {
  it.each(FAULTS.filter(([how]) => !how.includes('undefined')))('%s, issues nothing', async (_how, fault) => {
    const system = oauthSystem({
      store: memoryStore(),
      directory: SOUND as never,
      issuer: 'http://127.0.0.1:3000',
      pages: null,
      scopes: { read: 'Read what you have' },
      secret: SECRET,
      keys: SECRET,
      endpointLimiter: fault as () => null,
      deadlineMs: 30,
      onEvent: () => undefined,
    });
    open.push(system);
    const answer = mount(system);
    const server = createServer((req, res) => void answer(req, res, () => res.writeHead(404).end()));
    const { status } = await request(server)
      .post('/v1/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials' });
    expect([500, 503]).toContain(status);
  });
});

describe('F26 a directory that does not answer in time', () => {
  it.each(['b2b', 'jwt-pair', 'bearer-session'])(
    'is answered 503 with Retry-After by %s, in its own form',
    async (name) => {
      const wired = wire(name, { ...SOUND, findLogin: () => new Promise(() => undefined) });
      const { status, headers, body } = await request(serverOf(wired)).post(wired.login).send(wired.body);
      expect([status, headers['retry-after'], typeof body]).toEqual([503, '1', 'object']);
    },
  );

  it('may be an object that is frozen, or has private members', async () => {
    class Users {
      #ada = ADA;
      findLogin(): Promise<typeof ADA> {
        return Promise.resolve(this.#ada);
      }
      verifyPassword(): boolean {
        return true;
      }
      findUser(): typeof ADA {
        return this.#ada;
      }
    }
    for (const directory of [Object.freeze(new Users()), Object.freeze({ ...SOUND })] as const) {
      const wired = wire('b2b', directory as object as Callbacks);
      const { status } = await request(serverOf(wired)).post(wired.login).send(wired.body);
      expect(status).toBe(200);
    }
  });
});
