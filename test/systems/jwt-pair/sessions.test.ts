import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import { BLACKLISTED, expectAccess, expectPair, expectRefusal, refusedAccess } from './expectations.ts';
import { startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf, sessionOf } from './tokens.ts';

stopStagesAfterEach();

const DEAD = refusedAccess('Token is blacklisted');

describe('Sessions for people', () => {
  it('list shows device, created, last used and address, the oldest session first', async () => {
    const stage = await startStage(undefined, { rotate: true });
    const start = stage.clock.now();
    const first = await stage.login(stage.directory.ada, { 'User-Agent': 'a browser' });
    stage.clock.advance(10);
    stage.address = '2001:db8::7';
    const second = await stage.login(stage.directory.ada, { 'User-Agent': 'a telephone' });
    stage.clock.advance(10);
    expectPair(await stage.refresh(first.refresh));
    await stage.login(stage.directory.grace);
    const day = 86_400_000;
    expect(await stage.system.sessions.list('1')).toEqual([
      {
        id: sessionOf(first.access),
        createdAt: start,
        lastUsedAt: start + 20_000,
        expiresAt: start + 20_000 + day,
        device: 'a browser',
        address: '203.0.113.7',
        actor: null,
      },
      {
        id: sessionOf(second.access),
        createdAt: start + 10_000,
        lastUsedAt: start + 10_000,
        expiresAt: start + 10_000 + day,
        device: 'a telephone',
        address: '2001:db8::7',
        actor: null,
      },
    ]);
  });

  it('list leaves out what is not known, and what has ended', async () => {
    const stage = await startStage();
    stage.address = null;
    const { access } = await stage.login();
    expect(await stage.system.sessions.list('1')).toMatchObject([{ device: null, address: null }]);
    await stage.logout(access);
    expect(await stage.system.sessions.list('1')).toEqual([]);
    await stage.login();
    stage.clock.advance(86_400);
    expect(await stage.system.sessions.list('1')).toEqual([]);
  });

  it('a device is text of one line, and never long', async () => {
    const stage = await startStage();
    await stage.login(stage.directory.ada, { 'User-Agent': `\t\u00e9vil\u009b[31m${'x'.repeat(1_000)}` });
    const [session] = await stage.system.sessions.list('1');
    expect(session?.device).toMatch(/^vil\[31mx{193}$/);
  });

  it('list shows whoever acts as the user, why, and how far', async () => {
    const stage = await startStage();
    const own = await stage.login(stage.directory.admin);
    const pair = await stage.system.impersonate(sessionOf(own.access), '1', { reason: 'ticket 7' });
    expect(isAuthError(pair)).toBe(false);
    expect(await stage.system.sessions.list('1')).toMatchObject([
      {
        expiresAt: stage.clock.now() + 900_000,
        actor: { id: '5', sessionId: sessionOf(own.access), reason: 'ticket 7', readOnly: true },
      },
    ]);
  });

  it('SE-13 revoke ends one session at once: both tokens', async () => {
    const stage = await startStage();
    const one = await stage.login();
    const other = await stage.login();
    expect(await stage.system.sessions.revoke(sessionOf(one.access), { reason: 'lost' })).toBe(true);
    expect(await stage.system.sessions.revoke(sessionOf(one.access), { reason: 'lost' })).toBe(false);
    expectRefusal(await stage.me(one.access), DEAD);
    expectRefusal(await stage.refresh(one.refresh), BLACKLISTED);
    expect((await stage.me(other.access)).status).toBe(200);
  });

  it('SE-13 revoke after a logout ends the access tokens that the logout left', async () => {
    const stage = await startStage();
    const { access } = await stage.login();
    await stage.logout(access);
    expect((await stage.me(access)).status).toBe(200);
    await stage.system.sessions.revoke(sessionOf(access), { reason: 'lost' });
    expectRefusal(await stage.me(access), DEAD);
  });

  it('AU-15 revokeAll({ except }) ends every other session, as after a change of the password', async () => {
    const stage = await startStage();
    const [kept, second, third] = [await stage.login(), await stage.login(), await stage.login()];
    const stranger = await stage.login(stage.directory.grace);
    const except = sessionOf(kept.access);
    await stage.system.sessions.revokeAll('1', { reason: 'password changed', except });
    for (const { access, refresh } of [second, third]) {
      expectRefusal(await stage.me(access), DEAD);
      expectRefusal(await stage.refresh(refresh), BLACKLISTED);
    }
    for (const { access, refresh } of [kept, stranger]) {
      expect((await stage.me(access)).status).toBe(200);
      expectAccess(await stage.refresh(refresh));
    }
    expect((await stage.system.sessions.list('1')).map(({ id }) => id)).toEqual([except]);
  });

  it('revokeAll ends all, and a login right after it is not born dead', async () => {
    const stage = await startStage();
    const before = [await stage.login(), await stage.login()];
    expect(await stage.system.sessions.revokeAll('1', { reason: 'stolen' })).toBe(2);
    const after = await stage.login();
    for (const { access } of before) expectRefusal(await stage.me(access), DEAD);
    expect((await stage.me(after.access)).status).toBe(200);
    expect(claimsOf(after.access)['iat']).toBe(claimsOf(before[0]?.access ?? '')['iat']);
  });

  it('SE-03 a session id that the client chooses is no matter', async () => {
    const stage = await startStage();
    const { access } = await stage.login(stage.directory.ada, {
      Cookie: 'sid=chosen',
      'X-Session-Id': 'chosen',
    });
    const again = await stage.login();
    expect(new Set(['chosen', sessionOf(access), sessionOf(again.access)]).size).toBe(3);
  });
});
