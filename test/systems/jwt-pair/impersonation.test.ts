import { describe, expect, it } from 'vitest';
import { ipAllowlist } from '../../../src/middleware/ip-allowlist.ts';
import { allowlists } from '../../../src/services/allowlists.ts';
import { send } from '../../support/http-client.ts';
import { expectRefusal, FORBIDDEN, refusedAccess } from './expectations.ts';
import { PLAIN_HOSTS } from './hosts.ts';
import { actAs, impersonating } from './scene.ts';
import { startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf, resigned, sessionOf } from './tokens.ts';

stopStagesAfterEach();

describe.each(PLAIN_HOSTS)('Impersonation on $name', (host) => {
  it('MQ-02 is the user, with the actor in the token, in the principal and in every event', async () => {
    const scene = await impersonating({}, {}, host);
    const { directory, acting, own } = scene;
    const act = { sub: directory.admin.id, sid: sessionOf(own.access) };
    for (const token of [acting.access, acting.refresh]) {
      expect(claimsOf(token)).toMatchObject({ user_id: '1', ws: 'ws-1', act, read_only: true });
    }
    const answer = await scene.me(acting.access);
    expect(answer.json()).toEqual({
      kind: 'user',
      id: '1',
      workspace: 'ws-1',
      actor: { kind: 'user', id: '5', sessionId: act.sid },
      readOnly: true,
    });
    await scene.post('/api/v1/me/', {}, { Authorization: `Bearer ${acting.access}` });
    await scene.system.sessions.revoke(acting.sessionId, { reason: 'enough' });
    const about = { system: 'jwt-pair', owner: '1', sessionId: acting.sessionId, actor: '5' };
    const at = expect.any(Number) as number;
    expect(scene.events.filter((event) => event.type === 'session').slice(1)).toEqual([
      { type: 'session', action: 'impersonated', ...about, reason: 'ticket 7', at },
      { type: 'session', action: 'revoked', ...about, reason: 'enough', at },
    ]);
    const principal = { kind: 'user', id: '1', workspace: 'ws-1', actor: '5' };
    const decisions = scene.events.filter(
      (event) => event.type === 'decision' && event.path === '/api/v1/me/',
    );
    expect(decisions).toMatchObject([
      { outcome: 'allowed', principal },
      { outcome: 'denied', reason: 'read_only', principal },
    ]);
  });

  it('is read-only unless asked otherwise: only safe methods pass', async () => {
    const scene = await impersonating({}, {}, host);
    const writing = await actAs(scene, scene.own, scene.directory.grace, { readOnly: false });
    const status = async (method: string, token: string): Promise<number> => {
      const headers = { Authorization: `Bearer ${token}` };
      return (await send(scene.port, { method, path: '/api/v1/me/', headers })).status;
    };
    for (const method of ['GET', 'HEAD']) expect(await status(method, scene.acting.access)).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'LINK']) {
      expect([method, await status(method, scene.acting.access)]).toEqual([method, 403]);
      expect([method, await status(method, writing.access)]).toEqual([method, 200]);
    }
    const refused = await scene.post('/api/v1/me/', {}, { Authorization: `Bearer ${scene.acting.access}` });
    expectRefusal(refused, FORBIDDEN);
  });

  it('both accounts’ allowlists apply when an ipAllowlist guard follows', async () => {
    const stage = await startStage(host, {
      further: (clientAddress, store) => {
        lists = allowlists({ store });
        return [ipAllowlist({ lists, clientAddress })];
      },
    });
    const own = await stage.login(stage.directory.admin);
    const acting = await actAs(stage, own, stage.directory.ada);
    await lists?.add('user:1', { network: '198.51.100.0/24' });
    await lists?.add('user:5', { network: '203.0.113.0/24' });
    const passes: (readonly [string, number, number])[] = [];
    for (const address of ['198.51.100.7', '203.0.113.7', '192.0.2.7']) {
      stage.address = address;
      passes.push([address, (await stage.me(acting.access)).status, (await stage.me(own.access)).status]);
    }
    expect(passes).toEqual([
      ['198.51.100.7', 403, 403],
      ['203.0.113.7', 403, 200],
      ['192.0.2.7', 403, 403],
    ]);
    await lists?.add('user:1', { network: '203.0.113.7' });
    stage.address = '203.0.113.7';
    expect((await stage.me(acting.access)).status).toBe(200);
    await lists?.close();
  });
});

let lists: ReturnType<typeof allowlists> | undefined;

describe('An impersonation cannot be turned into more', () => {
  it('MQ-03 by nesting: nobody impersonates from it, with the user’s rights or with the actor’s', async () => {
    const scene = await impersonating({}, { readOnly: false });
    scene.directory.ada.rank = 4;
    for (const target of ['2', '3', '5', '1']) {
      expect(await scene.system.impersonate(scene.acting.sessionId, target, { reason: 'x' })).toMatchObject({
        code: 'impersonation_forbidden',
      });
    }
  });

  it('by a token without its actor, which the signature forbids, or with another', async () => {
    const scene = await impersonating();
    const [header, , signature] = scene.acting.access.split('.');
    const { act: _, read_only: __, ...plain } = claimsOf(scene.acting.access);
    const stripped = `${header}.${Buffer.from(JSON.stringify(plain)).toString('base64url')}.${signature}`;
    expectRefusal(await scene.me(stripped), refusedAccess('Token is invalid'));
    const refused = resigned(scene.acting.access, { act: { sub: '', sid: 'x' } });
    expectRefusal(await scene.me(refused), refusedAccess('Token is invalid'));
  });

  it('by logging in anew: the tokens of ada’s own sessions name no actor', async () => {
    const scene = await impersonating();
    const own = await scene.login();
    expect(claimsOf(own.access)).not.toHaveProperty('act');
    await scene.logout(scene.own.access);
    expect((await scene.me(own.access)).status).toBe(200);
  });
});
