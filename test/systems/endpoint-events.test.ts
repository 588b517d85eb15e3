import { createServer } from 'node:http';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { SystemEvent } from '../../src/systems/session-options.ts';
import { mount } from '../../src/node.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../src/systems/bearer-session/system.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';

const SECRET = 'a secret of the tests that is long enough';
const USERS = [
  { id: '1', active: true, workspace: 'w1', clientId: 1 },
  { id: '7', active: true, workspace: 'w1', clientId: 7 },
];

const directory = {
  findLogin: (name: string) => USERS.find(({ id }) => id === name) ?? null,
  verifyPassword: (user: unknown, password: string) => user !== null && password === 'right',
  findUser: (id: string) => USERS.find((user) => user.id === id) ?? null,
  mayImpersonate: (actor: { readonly id: string }) => actor.id === '1',
  homeAccount: () => 10,
  permissionsIn: () => ['read'],
};

/** What the decisions of the endpoints say, in order: endpoint, outcome, party and actor. */
function recorder(): {
  readonly onEvent: (event: SystemEvent) => void;
  take(): readonly string[];
} {
  let lines: string[] = [];
  return {
    onEvent(event) {
      if (event.type !== 'decision') return;
      const who = event.principal === null ? 'nobody' : `${event.principal.kind} ${event.principal.id}`;
      const actor = event.principal?.actor ?? null;
      lines.push(`${event.guard} ${event.outcome} ${who}${actor === null ? '' : ` by ${actor}`}`);
    },
    take() {
      const taken = lines;
      lines = [];
      return taken;
    },
  };
}

function hostOf(system: Parameters<typeof mount>[0]): ReturnType<typeof createServer> {
  const answer = mount(system);
  return createServer((req, res) => void answer(req, res, () => res.writeHead(404).end()));
}

describe('MQ-02 the events of endpoints', () => {
  it('name the client of the B2B API once it is proven, and nobody before', async () => {
    const events = recorder();
    const system = b2bSystem({ store: memoryStore(), keys: SECRET, directory, onEvent: events.onEvent });
    const host = hostOf(system);
    const { body } = await request(host).post('/auth/login').send({ username: '7', password: 'right' });
    await request(host).post('/auth/login').send({ username: '7', password: 'wrong' });
    await request(host).post('/auth/refresh').send({ refresh_token: body.data.refresh_token });
    await request(host).post('/auth/refresh').send({ refresh_token: body.data.access_token });
    await request(host).post('/auth/logout').set('Authorization', `Bearer ${body.data.access_token}`);
    await request(host).post('/auth/refresh').send({ refresh_token: body.data.refresh_token });
    await system.close();
    expect(events.take()).toEqual([
      'login allowed client 7',
      'login denied nobody',
      'refresh allowed client 7',
      'refresh denied nobody',
      'logout allowed client 7',
      'refresh denied client 7',
    ]);
  });

  it('name the user of the JWT pair, and whoever acts as it', async () => {
    const events = recorder();
    const system = jwtPairSystem({ store: memoryStore(), keys: SECRET, directory, onEvent: events.onEvent });
    const host = hostOf(system);
    const post = (name: string, body: object, access = ''): request.Test =>
      request(host).post(`/api/v1/jwt/${name}/`).set('Authorization', `Bearer ${access}`).send(body);
    await post('create', { email: '1', password: 'right' });
    const [session] = await system.sessions.list('1');
    const acting = await system.impersonate(session?.id ?? '', '7', { reason: 'ticket 1' });
    if (!('access' in acting)) throw new Error('the impersonation was refused');
    await post('refresh', { refresh: acting.refresh });
    await post('verify', { token: acting.access });
    await post('logout', {}, acting.access);
    await post('logout', {}, acting.access);
    await system.close();
    expect(events.take()).toEqual([
      'jwt_create allowed user 1',
      'jwt_refresh allowed user 7 by 1',
      // A token that is only looked at proves nothing about who asks.
      'jwt_verify allowed nobody',
      'jwt_logout allowed user 7 by 1',
      'jwt_logout denied nobody',
    ]);
  });

  it('name the user of the bearer session, and whoever acts as it', async () => {
    const events = recorder();
    const system = bearerSessionSystem({
      store: memoryStore(),
      secret: SECRET,
      directory,
      onEvent: events.onEvent,
    });
    const host = hostOf(system);
    const post = (name: string, body: object, token = ''): request.Test =>
      request(host).post(`/auth/${name}`).set('Authorization', `Bearer ${token}`).send(body);
    const login = await post('login', { username: '1', password: 'right' });
    await post('masquerade', { account_id: 11 }, login.body.token as string);
    const [session] = await system.sessions.list('1');
    const acting = await system.impersonate(session?.id ?? '', '7', { reason: 'ticket 1' });
    if (!('token' in acting)) throw new Error('the impersonation was refused');
    const { body } = await post('refresh', { refresh_token: acting.refreshToken });
    await post('masquerade', { account_id: 11 }, body.token as string);
    await post('logout', {}, body.token as string);
    await system.close();
    expect(events.take()).toEqual([
      'login allowed user 1',
      'masquerade allowed user 1',
      'refresh allowed user 7 by 1',
      'masquerade denied user 7 by 1',
      'logout allowed user 7 by 1',
    ]);
  });
});
