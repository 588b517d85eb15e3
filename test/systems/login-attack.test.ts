import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { errorEnvelope, guard, mount } from '../../src/node.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../src/systems/bearer-session/system.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';
import { listen, stopHostsAfterEach } from '../support/frameworks.ts';
import { send, type HttpAnswer } from '../support/http-client.ts';
import { movableClock } from '../support/movable-clock.ts';
import { PLAIN_HOSTS } from './b2b/hosts.ts';

stopHostsAfterEach();

const SECRET = 'a signing key of these tests, 0+/=&, long enough';
const ADA = { id: '7', active: true, workspace: 'w1', clientId: 7 };
const HOME = '198.51.100.7';
const ATTEMPTS = 110;

const directory = {
  findLogin: (name: string) => (name === 'ada' ? ADA : null),
  verifyPassword: (user: unknown, password: string) => user !== null && password === 'the right one',
  findUser: () => ADA,
  homeAccount: () => 10,
  permissionsIn: () => ['read'],
};

interface Stage {
  /** A try to sign in, with these entries in `X-Forwarded-For`, from this peer. */
  readonly login: (password: string, forwarded?: string, localAddress?: string) => Promise<HttpAnswer>;
  readonly clock: ReturnType<typeof movableClock>;
}

async function startB2b(
  listenerOf: (b2b: ReturnType<typeof b2bSystem>) => RequestListener,
  trustedProxies: readonly string[] = ['127.0.0.1'],
): Promise<Stage> {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const b2b = b2bSystem({ store, clock, directory, keys: SECRET, trustedProxies });
  const { port } = await listen(listenerOf(b2b));
  return { clock, login: poster(port, '/auth/login', 'username') };
}

function poster(port: number, path: string, field: string): Stage['login'] {
  return (password, forwarded, localAddress) =>
    send(port, {
      method: 'POST',
      path,
      localAddress,
      headers: {
        'Content-Type': 'application/json',
        ...(forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }),
      },
      body: JSON.stringify({ [field]: 'ada', password }),
    });
}

/** Guesses as an attacker does who has many addresses. @returns The answers, in order. */
async function attack({ login }: Stage, forwarded: (n: number) => string): Promise<readonly HttpAnswer[]> {
  const answers: HttpAnswer[] = [];
  for (let n = 0; n < ATTEMPTS; n++) answers.push(await login(`guess ${n}`, forwarded(n)));
  return answers;
}

const rotating = (n: number): string => `203.0.113.${n}`;
/** What a client writes itself stands in front of what the proxy saw. */
const spoofingTheOwner = (n: number): string => `${HOME}, 203.0.113.${n}`;

function statusCounts(answers: readonly HttpAnswer[]): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** None of these systems is given a limiter. */
describe.each(PLAIN_HOSTS)('AU-03 AU-04 a guess of 110 passwords on $name', (host) => {
  it.each([
    ['from 110 addresses behind a trusted proxy', rotating],
    ["that claims the owner's own address", spoofingTheOwner],
  ])('%s is stopped at 50, while the owner signs in from home', async (_how, forwarded) => {
    const stage = await startB2b((b2b) => host.listener(b2b));
    expect((await stage.login('the right one', HOME)).status).toBe(200);
    const answers = await attack(stage, forwarded);
    expect(statusCounts(answers)).toEqual({ 401: 50, 429: 60 });
    expect(answers.slice(0, 50).every(({ status }) => status === 401)).toBe(true);

    const refused = answers.at(-1);
    expect([refused?.header('Retry-After'), refused?.json()]).toEqual([
      '3600',
      {
        error: {
          name: 'TooManyRequestsError',
          code: 'TOO_MANY_REQUESTS',
          message: 'Too many login attempts. Please try again later.',
        },
      },
    ]);
    // Also the right password is no way in for the attacker now, so that nothing tells when it was guessed.
    expect((await stage.login('the right one', '203.0.113.200')).status).toBe(429);
    expect((await stage.login('the right one', HOME)).status).toBe(200);
  });

  it('gets no further when all come at once', async () => {
    const { login } = await startB2b((b2b) => host.listener(b2b));
    await login('the right one', HOME);
    const guesses = Array.from({ length: ATTEMPTS }, (_, n) => login(`guess ${n}`, rotating(n)));
    const judged = (await Promise.all(guesses)).filter(({ status }) => status === 401).length;
    expect(judged).toBeLessThanOrEqual(55);
    expect((await login('the right one', HOME)).status).toBe(200);
  });

  it('is over for the owner within the hour, also where the owner has never signed in', async () => {
    const stage = await startB2b((b2b) => host.listener(b2b));
    await attack(stage, rotating);
    expect((await stage.login('the right one', '192.0.2.9')).status).toBe(429);
    stage.clock.advance(3_600);
    expect((await stage.login('the right one', '192.0.2.9')).status).toBe(200);
  });

  it('with forwarded addresses that nobody vouches for counts as one address', async () => {
    const stage = await startB2b((b2b) => host.listener(b2b), []);
    const answers = await attack(stage, rotating);
    expect(statusCounts(answers)).toEqual({ 401: 5, 429: 105 });
    expect((await stage.login('the right one', undefined, '127.0.0.2')).status).toBe(200);
  });
});

describe('AU-03 AU-05 the same guess', () => {
  const shared = () => {
    const clock = movableClock();
    const store = memoryStore({ clock });
    return { clock, store, directory, trustedProxies: ['127.0.0.1'] };
  };

  it.each([
    [
      'jwt-pair',
      '/api/v1/jwt/create/',
      'email',
      () => jwtPairSystem({ ...shared(), keys: SECRET }),
      { detail: 'Request was throttled. Expected available in 3600 seconds.' },
    ],
    [
      'bearer-session',
      '/auth/login',
      'username',
      () => bearerSessionSystem({ ...shared(), secret: SECRET }),
      { success: false, error: 'rate_limited', message: 'Too many requests.' },
    ],
  ] as const)('is stopped by %s in its own form', async (_name, path, field, make, body) => {
    const system = make();
    const answer = mount(system);
    const door = guard(system.authenticate());
    const { port } = await listen(
      errorEnvelope((req, res) => answer(req, res, () => door(req, res, () => res.end()))),
    );
    const login = poster(port, path, field);
    await login('the right one', HOME);
    const answers = await attack({ login, clock: movableClock() }, rotating);
    expect(statusCounts(answers)).toEqual({ 401: 50, 429: 60 });
    expect([answers.at(-1)?.header('Retry-After'), answers.at(-1)?.json()]).toEqual(['3600', body]);
    expect((await login('the right one', HOME)).status).toBe(200);
    await system.close();
  });

  it('is bounded by nobody where the limiter was switched off in so many words', async () => {
    const system = b2bSystem({ ...shared(), keys: SECRET, loginLimiter: null });
    const answer = mount(system);
    const { port } = await listen((req, res) => answer(req, res, () => res.writeHead(404).end()));
    const login = poster(port, '/auth/login', 'username');
    const answers = await attack({ login, clock: movableClock() }, rotating);
    expect(statusCounts(answers)).toEqual({ 401: 110 });
    await system.close();
  });
});
