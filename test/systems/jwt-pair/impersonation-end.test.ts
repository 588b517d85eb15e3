import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import {
  BLACKLISTED,
  expectAccess,
  expectDone,
  expectPair,
  expectRefusal,
  EXPIRED,
  refusedAccess,
} from './expectations.ts';
import { NODE_HOST } from './hosts.ts';
import { DEAD, expectOver, impersonating } from './scene.ts';
import { startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf, sessionOf } from './tokens.ts';

stopStagesAfterEach();

describe('MQ-03 an impersonation dies with the session of its actor', () => {
  it.each([true, false])('at logout, with revokeAccessOnLogout %s', async (revokeAccessOnLogout) => {
    const scene = await impersonating({ revokeAccessOnLogout });
    expectDone(await scene.logout(scene.own.access), '{"detail":"Successfully logged out."}');
    await expectOver(scene);
    const answer = await scene.me(scene.own.access);
    expect(answer.status).toBe(revokeAccessOnLogout ? 401 : 200);
  });

  it('at revoke', async () => {
    const scene = await impersonating();
    await scene.system.sessions.revoke(sessionOf(scene.own.access), { reason: 'stolen' });
    await expectOver(scene);
  });

  it('at revokeAll', async () => {
    const scene = await impersonating();
    await scene.system.sessions.revokeAll('5', { reason: 'password changed' });
    await expectOver(scene);
  });

  it('at revokeAll of the user, and then alone', async () => {
    const scene = await impersonating();
    await scene.system.sessions.revokeAll('1', { reason: 'password changed' });
    await expectOver(scene);
    expect((await scene.me(scene.own.access)).status).toBe(200);
  });

  it('not at a revokeAll that spares it', async () => {
    const scene = await impersonating();
    const other = await scene.login(scene.directory.admin);
    await scene.system.sessions.revokeAll('5', { reason: 'x', except: sessionOf(scene.own.access) });
    expect((await scene.me(other.access)).status).toBe(401);
    expect((await scene.me(scene.acting.access)).status).toBe(200);
    expectAccess(await scene.refresh(scene.acting.refresh));
  });

  it('when a stolen refresh token of the actor ends it', async () => {
    const scene = await impersonating({ rotate: true, reuseGraceSeconds: 0 });
    expectPair(await scene.refresh(scene.own.refresh));
    expect((await scene.me(scene.acting.access)).status).toBe(200);
    expectRefusal(await scene.refresh(scene.own.refresh), BLACKLISTED);
    await expectOver(scene);
  });

  it('when the session ends by itself, however long the impersonation was to last', async () => {
    const scene = await impersonating({ refreshSeconds: 200, accessSeconds: 300 }, { maxSeconds: 900 });
    expect(claimsOf(scene.acting.access)['exp']).toBe(claimsOf(scene.own.refresh)['exp']);
    scene.clock.advance(200);
    expectRefusal(await scene.me(scene.acting.access), refusedAccess('Token is expired'));
    expectRefusal(await scene.refresh(scene.acting.refresh), EXPIRED);
  });

  it('also for a token that is minted while the actor logs out', async () => {
    const scene = await impersonating();
    const [raced, refreshed] = await Promise.all([
      scene.system.impersonate(sessionOf(scene.own.access), '2', { reason: 'a race' }),
      scene.refresh(scene.acting.refresh),
      scene.logout(scene.own.access),
    ]);
    if (!isAuthError(raced)) {
      expectRefusal(await scene.me(raced.access), DEAD);
      expectRefusal(await scene.refresh(raced.refresh), BLACKLISTED);
    }
    const { access } = refreshed.json() as { access?: string };
    if (access !== undefined) expectRefusal(await scene.me(access), DEAD);
    await expectOver(scene);
  });

  it('also in another process, once it has read the feed', async () => {
    const scene = await impersonating();
    const { store, clock, directory } = scene;
    const elsewhere = await startStage(NODE_HOST, { store, clock, directory, feedPollMs: 10 });
    expect((await elsewhere.me(scene.acting.access)).status).toBe(200);
    await scene.logout(scene.own.access);
    expectRefusal(await elsewhere.refresh(scene.acting.refresh), BLACKLISTED);
    await expect
      .poll(async () => (await elsewhere.me(scene.acting.access)).text, { timeout: 20_000 })
      .toBe(DEAD.body);
  });

  it('and nothing begins from a session that is over', async () => {
    const scene = await impersonating();
    await scene.logout(scene.own.access);
    const answer = await scene.system.impersonate(sessionOf(scene.own.access), '2', { reason: 'late' });
    expect(answer).toMatchObject({ code: 'token_revoked' });
  });
});

describe('An impersonation ends', () => {
  it('at its time limit, however often it is refreshed', async () => {
    const scene = await impersonating({}, { maxSeconds: 100 });
    scene.clock.advance(60);
    const second = expectAccess(await scene.refresh(scene.acting.refresh));
    expect(claimsOf(second)).toMatchObject({ act: { sub: '5' }, read_only: true });
    scene.clock.advance(39);
    expect((await scene.me(second)).status).toBe(200);
    scene.clock.advance(1);
    expectRefusal(await scene.me(second), refusedAccess('Token is expired'));
    expectRefusal(await scene.refresh(scene.acting.refresh), EXPIRED);
    expect((await scene.me(scene.own.access)).status).toBe(200);
  });

  it('after 900 seconds by default, also under rotation', async () => {
    const scene = await impersonating({ rotate: true });
    scene.clock.advance(850);
    const second = expectPair(await scene.refresh(scene.acting.refresh));
    for (const token of [second.access, second.refresh]) {
      expect(claimsOf(token)).toMatchObject({
        exp: scene.clock.seconds() + 50,
        act: { sub: '5' },
        read_only: true,
      });
    }
  });

  it('at once when whoever acts logs out of it, and the session of the actor goes on', async () => {
    const scene = await impersonating();
    expectDone(await scene.logout(scene.acting.access), '{"detail":"Successfully logged out."}');
    await expectOver(scene);
    expect((await scene.me(scene.own.access)).status).toBe(200);
    expectAccess(await scene.refresh(scene.own.refresh));
  });

  it.each(['inactive', 'deleted'])('SE-16 when the actor is %s', async (how) => {
    const scene = await impersonating();
    expect((await scene.me(scene.acting.access)).status).toBe(200);
    if (how === 'inactive') scene.directory.admin.active = false;
    else scene.directory.users.delete(scene.directory.admin);
    scene.clock.advance(5);
    expectRefusal(await scene.me(scene.acting.access), DEAD);
    expectRefusal(await scene.refresh(scene.acting.refresh), BLACKLISTED);
  });

  it('MQ-01 at the next refresh when the actor may act no longer, with every token', async () => {
    const scene = await impersonating();
    scene.directory.admin.rank = 0;
    expectRefusal(await scene.refresh(scene.acting.refresh), BLACKLISTED);
    await expectOver(scene);
    expect((await scene.me(scene.own.access)).status).toBe(200);
  });

  it('MQ-03 at the next refresh when the user rises to the rank of the actor', async () => {
    const scene = await impersonating();
    scene.directory.ada.rank = 5;
    expectRefusal(await scene.refresh(scene.acting.refresh), BLACKLISTED);
  });
});
