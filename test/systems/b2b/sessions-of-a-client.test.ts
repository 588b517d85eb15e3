import { describe, expect, it } from 'vitest';
import { BAD_LOGIN, BAD_REFRESH, expectPair, expectRefusal } from './expectations.ts';
import { expectAccess, MONDAY_SECONDS, startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf } from './tokens.ts';

stopStagesAfterEach();

describe('The sessions of a client', () => {
  it('AU-15 SE-13 end with revokeAll, as after a change of the password: both tokens of every pair, at once', async () => {
    const stage = await startStage();
    const pairs = [await stage.login(), await stage.login(stage.directory.grace)];
    const stranger = await stage.login(stage.directory.linus);
    stage.directory.ada.password = 'another one';
    expect(await stage.b2b.sessions.revokeAll('123456', { reason: 'password changed' })).toBe(2);
    for (const { access_token: access, refresh_token: refresh } of pairs) {
      await expectAccess(stage, access, 'dead');
      expectRefusal(await stage.refresh(refresh), BAD_REFRESH);
    }
    await expectAccess(stage, stranger.access_token, 'works');
    await expectAccess(stage, (await stage.login()).access_token, 'works');
    expect(await stage.b2b.sessions.revokeAll('nobody', { reason: 'none' })).toBe(0);
  });

  it('AU-15 spare the one session that the change was made in', async () => {
    const stage = await startStage();
    const [own, other] = [await stage.login(), await stage.login()];
    const except = String(claimsOf(own.access_token)['sid']);
    expect(await stage.b2b.sessions.revokeAll('123456', { reason: 'password changed', except })).toBe(1);
    await expectAccess(stage, own.access_token, 'works');
    expectPair(await stage.refresh(own.refresh_token));
    await expectAccess(stage, other.access_token, 'dead');
  });

  it('SE-13 SE-15 end one by one: the others go on', async () => {
    const stage = await startStage();
    const [ended, other] = [await stage.login(), await stage.login()];
    const sessionId = String(claimsOf(ended.access_token)['sid']);
    expect(await stage.b2b.sessions.revoke(sessionId, { reason: 'device lost' })).toBe(true);
    expect(await stage.b2b.sessions.revoke(sessionId, { reason: 'device lost' })).toBe(false);
    await expectAccess(stage, ended.access_token, 'dead');
    expectRefusal(await stage.refresh(ended.refresh_token), BAD_REFRESH);
    await expectAccess(stage, other.access_token, 'works');
    expectPair(await stage.refresh(other.refresh_token));
    expect(stage.sessionActions()).toEqual(['started', 'started', 'revoked', 'refreshed']);
  });

  it('SE-13 cannot be kept by another spelling of a token that was revoked', async () => {
    const stage = await startStage();
    const { access_token: access } = await stage.login();
    await stage.logout(access);
    const last = access.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    for (const spelling of [access, `${access.slice(0, -1)}${twin}`, `${access}=`]) {
      expect((await stage.products(spelling)).status).toBe(401);
    }
  });

  it('SE-16 end when the user is switched off or deleted, for the user alone', async () => {
    const stage = await startStage(undefined, { accountCheck: 'each-request' });
    const [ada, grace] = [await stage.login(), await stage.login(stage.directory.grace)];
    stage.directory.ada.active = false;
    await expectAccess(stage, ada.access_token, 'dead');
    expectRefusal(await stage.refresh(ada.refresh_token), BAD_REFRESH);
    const { login: username, password } = stage.directory.ada;
    expectRefusal(await stage.post('/auth/login', { username, password }), BAD_LOGIN);
    await expectAccess(stage, grace.access_token, 'works');
    expectPair(await stage.refresh(grace.refresh_token));
    stage.directory.findUser = () => null;
    await expectAccess(stage, grace.access_token, 'dead');
    expectRefusal(await stage.refresh(grace.refresh_token), BAD_REFRESH);
  });

  it('SE-17 are not widened by what else a refresh brings', async () => {
    const stage = await startStage();
    const { refresh_token: token } = await stage.login();
    const pair = expectPair(
      await stage.post('/auth/refresh', {
        refresh_token: token,
        client_id: 777,
        sub: '777',
        scope: 'admin',
        role: 'admin',
        typ: 'access',
        exp: 9_999_999_999,
        uid: 'user-grace',
      }),
    );
    expect(pair.client_id).toBe(123_456);
    expect(Object.keys(claimsOf(pair.access_token))).toEqual(Object.keys(claimsOf(token)));
    expect(claimsOf(pair.access_token)).toMatchObject({ sub: '123456', client_id: 123_456, typ: 'access' });
    expect(claimsOf(pair.access_token)['exp']).toBe(stage.clock.seconds() + 3_600);
  });

  it('are listed oldest first, with where they began and when they were last used', async () => {
    const stage = await startStage();
    await stage.login();
    stage.clock.advance(1);
    await stage.login(stage.directory.grace);
    const sessions = await stage.b2b.sessions.list('123456');
    const { address, lastUsedAt } = sessions[0] ?? {};
    expect([address, lastUsedAt]).toEqual(['203.0.113.7', MONDAY_SECONDS * 1000]);
    expect(sessions.map(({ createdAt }) => createdAt / 1000)).toEqual([MONDAY_SECONDS, MONDAY_SECONDS + 1]);
    expect(await stage.b2b.sessions.list('777')).toEqual([]);
  });
});
