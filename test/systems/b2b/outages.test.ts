import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import type { HttpAnswer } from '../../support/http-client.ts';
import { movableClock } from '../../support/movable-clock.ts';
import {
  BAD_LOGIN,
  BAD_REFRESH,
  BAD_TOKEN,
  expectPair,
  expectRefusal,
  expectSuccess,
  FAILED,
  OUT,
  type PairData,
} from './expectations.ts';
import { NODE_HOST, PLAIN_HOSTS, type B2bHost } from './hosts.ts';
import {
  expectAccess,
  limiter,
  MONDAY_SECONDS,
  startStage,
  stopStagesAfterEach,
  type Stage,
} from './stage.ts';

stopStagesAfterEach();

interface FaultyStage extends Stage {
  /** What every call of these methods of the store rejects with from now on. */
  breakStore(methods: readonly (keyof Store)[], error?: Error): void;
  mendStore(): void;
}

async function faultyStage(host: B2bHost): Promise<FaultyStage> {
  const clock = movableClock(MONDAY_SECONDS);
  const store = memoryStore({ clock });
  const broken = new Map<string, Error>();
  const faulty = Object.fromEntries(
    Object.entries(store).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        const error = broken.get(name);
        return error === undefined
          ? (method as (...each: unknown[]) => unknown)(...args)
          : Promise.reject(error);
      },
    ]),
  ) as unknown as Store;
  const stage = await startStage(host, { store: faulty, clock });
  return Object.assign(stage, {
    breakStore(methods: readonly string[], error: Error = new StoreError('the engine is down')) {
      for (const method of methods) broken.set(method, error);
    },
    mendStore: () => broken.clear(),
  });
}

interface Step {
  readonly methods: readonly (keyof Store)[];
  readonly ask: (stage: Stage, pair: PairData) => Promise<HttpAnswer>;
}

const login: Step['ask'] = ({ post, directory: { ada } }) =>
  post('/auth/login', { username: ada.login, password: ada.password });
const refresh: Step['ask'] = (stage, pair) => stage.refresh(pair.refresh_token);
const logout: Step['ask'] = (stage, pair) => stage.logout(pair.access_token);
const products: Step['ask'] = (stage, pair) => stage.products(pair.access_token);

/** Each step of the store that each request takes, with nothing in memory. */
const STEPS: Readonly<Record<string, Step>> = {
  'login, its list': { methods: ['get'], ask: login },
  'login, its session': { methods: ['familyCreate'], ask: login },
  'refresh, its list': { methods: ['get'], ask: refresh },
  'refresh, its rotation': { methods: ['familyRotate'], ask: refresh },
  'logout, its feed': { methods: ['feedRead'], ask: logout },
  'logout, its list': { methods: ['get'], ask: logout },
  'logout, its revocation': { methods: ['familyRevokeAll'], ask: logout },
  'protected, its feed': { methods: ['feedRead'], ask: products },
  'protected, its list': { methods: ['get'], ask: products },
};

describe.each(PLAIN_HOSTS)('An outage on $name', (host) => {
  it.each(Object.entries(STEPS))(
    '%s: 503 with Retry-After, and nothing is used up',
    async (_step, { methods, ask }) => {
      const stage = await faultyStage(host);
      const pair = await stage.login();
      // So long that all that was in memory has to be read again.
      stage.clock.advance(120);
      stage.breakStore(methods);
      expectRefusal(await ask(stage, pair), OUT);
      expectRefusal(await ask(stage, pair), OUT);
      stage.mendStore();
      expect((await ask(stage, pair)).status).toBe(200);
    },
  );

  it('a store’s error that is no outage is 500 and tells nothing', async () => {
    const stage = await faultyStage(host);
    const pair = await stage.login();
    stage.breakStore(['familyRotate', 'familyCreate'], new TypeError('secret detail'));
    expectRefusal(await refresh(stage, pair), FAILED);
    expectRefusal(await login(stage, pair), FAILED);
    stage.mendStore();
    expectPair(await refresh(stage, pair));
  });
});

describe('An outage', () => {
  it('of the feed after a logout is 503, though the tokens are dead and the event is told', async () => {
    const stage = await faultyStage(NODE_HOST);
    const pair = await stage.login();
    await expectAccess(stage, pair.access_token, 'works');
    stage.breakStore(['feedRead']);
    expectRefusal(await stage.logout(pair.access_token), OUT);
    expect(stage.sessionActions()).toEqual(['started', 'owner_revoked']);
    expectRefusal(await stage.refresh(pair.refresh_token), BAD_REFRESH);
    stage.mendStore();
    stage.clock.advance(11);
    expectRefusal(await stage.logout(pair.access_token), BAD_TOKEN);
  });

  it('of the feed does not lose the event of a theft', async () => {
    const stage = await faultyStage(NODE_HOST);
    const { refresh_token: token } = await stage.login();
    expectPair(await stage.refresh(token));
    stage.clock.advance(10);
    stage.breakStore(['feedRead']);
    expectRefusal(await stage.refresh(token), OUT);
    expect(stage.sessionActions()).toEqual(['started', 'refreshed', 'reuse_detected']);
    stage.mendStore();
    expectRefusal(await stage.refresh(token), BAD_REFRESH);
    expect(stage.sessionActions()).toEqual(['started', 'refreshed', 'reuse_detected']);
  });

  it('of the limiter refuses the login', async () => {
    const down = await startStage(NODE_HOST, {
      loginLimiter: limiter(() => Promise.reject(new StoreError('down'))),
    });
    expectRefusal(await down.post('/auth/login', { username: 'ada', password: 'x' }), OUT);
    const mistaken = [
      true,
      false,
      'soon',
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -1,
      {},
    ] as unknown as number[];
    for (const answer of mistaken) {
      const stage = await startStage(NODE_HOST, { loginLimiter: limiter(() => answer) });
      expectRefusal(await stage.post('/auth/login', { username: 'ada', password: 'x' }), FAILED);
    }
  });

  it('is never answered from what was asked before: the directory’s error is 500, its outage 503', async () => {
    const stage = await startStage(NODE_HOST, { accountCheck: 'each-request' });
    const { directory } = stage;
    const honest = { ...directory };
    const pair = await stage.login();
    for (const [thrown, expected] of [
      [new Error('select * from users'), FAILED],
      [new StoreError('no route to the database'), OUT],
    ] as const) {
      const fail = (): never => {
        throw thrown;
      };
      const reject = (): Promise<never> => Promise.reject(thrown);
      for (const broken of [fail, reject]) {
        Object.assign(directory, { findLogin: broken });
        expectRefusal(await login(stage, pair), expected);
        Object.assign(directory, honest, { verifyPassword: broken });
        expectRefusal(await login(stage, pair), expected);
        Object.assign(directory, honest, { findUser: broken });
        for (const ask of [refresh, logout, products]) expectRefusal(await ask(stage, pair), expected);
        Object.assign(directory, honest);
      }
    }
    expectSuccess(await logout(stage, pair), { message: 'Successfully logged out' });
  });

  it('a directory that says nothing clear has not said yes', async () => {
    const stage = await startStage(NODE_HOST, { accountCheck: 'each-request', loginLimiter: null });
    const { directory } = stage;
    const pair = await stage.login();
    const honest = { ...directory };
    Object.assign(directory, { findLogin: () => undefined, findUser: () => undefined });
    expectRefusal(await login(stage, pair), BAD_LOGIN);
    expectRefusal(await refresh(stage, pair), BAD_REFRESH);
    expectRefusal(await products(stage, pair), BAD_TOKEN);
    Object.assign(directory, honest, { verifyPassword: () => 'yes' });
    expectRefusal(await login(stage, pair), BAD_LOGIN);
    Object.assign(directory, honest);
    for (const active of [1, 'true', undefined, null]) {
      Object.assign(directory.ada, { active });
      expectRefusal(await login(stage, pair), BAD_LOGIN);
      expectRefusal(await refresh(stage, pair), BAD_REFRESH);
      expectRefusal(await products(stage, pair), BAD_TOKEN);
    }
  });

  it.each([
    ['no client', { clientId: undefined }],
    ['a client that is no integer', { clientId: 1.5 }],
    ['a client in text', { clientId: '123456' }],
    ['an id that is a number', { id: 123_456 }],
    ['an empty id', { id: '' }],
  ])('a user with %s is never given a token', async (_case, change) => {
    const stage = await startStage();
    Object.assign(stage.directory.ada, change);
    const { login: username, password } = stage.directory.ada;
    expectRefusal(await stage.post('/auth/login', { username, password }), FAILED);
    expect(stage.sessionActions()).toEqual([]);
  });
});
