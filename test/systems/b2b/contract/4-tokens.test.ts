import { describe, expect, it } from 'vitest';
import { BAD_TOKEN, expectPair, expectRefusal } from '../expectations.ts';
import { NODE_HOST, PLAIN_HOSTS } from '../hosts.ts';
import { expectAccess, MONDAY_SECONDS, startStage, stopStagesAfterEach } from '../stage.ts';
import { claimsOf, headerOf, headerSegment } from '../tokens.ts';

stopStagesAfterEach();

const HEADER_TEXT = '{"alg":"HS256","typ":"JWT"}';
const HEX_32: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);
const MONDAY_MS = MONDAY_SECONDS * 1000;
const DAY_SECONDS = 86_400;

describe('Tokens', () => {
  it('both are JWTs with header exactly {"alg":"HS256","typ":"JWT"}', async () => {
    const stage = await startStage();
    const pair = await stage.login();
    for (const token of [pair.access_token, pair.refresh_token]) {
      expect(headerSegment(token)).toBe(Buffer.from(HEADER_TEXT).toString('base64url'));
    }
  });

  it('no kid is written under HS256, and verification tries the active key, then retired ones', async () => {
    const [retired, active] = [
      'a retired secret of enough bytes, all of it',
      'the active secret, just as long!',
    ];
    const before = await startStage(NODE_HOST, { keys: [retired] });
    const old = await before.login();
    const { store, clock } = before;
    const after = await startStage(NODE_HOST, { keys: [active, retired], store, clock });
    await expectAccess(after, old.access_token, 'works');
    const renewed = expectPair(await after.refresh(old.refresh_token));
    expect(headerOf(renewed.access_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    await expectAccess(after, renewed.access_token, 'works');
    await expectAccess(before, renewed.access_token, 'dead');
  });

  it('claims of an access token: sub, client_id, typ, jti, sid, gen, av, iat, exp', async () => {
    const stage = await startStage();
    const { access_token: access } = await stage.login();
    expect(claimsOf(access)).toEqual({
      sub: '123456',
      client_id: 123_456,
      typ: 'access',
      jti: HEX_32,
      sid: expect.stringMatching(/^[\w-]{22}$/),
      gen: 1,
      av: MONDAY_MS,
      iat: MONDAY_SECONDS,
      exp: MONDAY_SECONDS + 3_600,
    });
  });

  it('claims of a refresh token: the same, with its own typ, jti and exp', async () => {
    const stage = await startStage();
    const { access_token: access, refresh_token: refresh } = await stage.login();
    expect(claimsOf(refresh)).toEqual({
      ...claimsOf(access),
      typ: 'refresh',
      jti: HEX_32,
      exp: MONDAY_SECONDS + 7 * DAY_SECONDS,
    });
    expect(claimsOf(refresh)['jti']).not.toBe(claimsOf(access)['jti']);
  });

  it('a user whose id is not the client’s is named by one more claim, and found again by it', async () => {
    const stage = await startStage();
    const { access_token: access, refresh_token: refresh } = await stage.login(stage.directory.grace);
    expect(claimsOf(access)).toMatchObject({ sub: '123456', client_id: 123_456, uid: 'user-grace' });
    stage.directory.calls.length = 0;
    expectPair(await stage.refresh(refresh));
    await expectAccess(stage, access, 'works');
    expect(stage.directory.calls).toEqual(['findUser(user-grace)', 'findUser(user-grace)']);
  });

  it('SE-01 SE-03 every login makes a session and tokens of its own, of at least 128 random bits', async () => {
    const stage = await startStage();
    const pairs = await Promise.all(Array.from({ length: 4 }, () => stage.login()));
    const ids = pairs.flatMap(({ access_token: access, refresh_token: refresh }) => [
      claimsOf(access)['sid'],
      claimsOf(access)['jti'],
      claimsOf(refresh)['jti'],
    ]);
    expect(new Set(ids).size).toBe(12);
    for (const id of ids) {
      const bits = /^[0-9a-f]{32}$/.test(String(id)) ? 128 : String(id).length * 6;
      expect(bits).toBeGreaterThanOrEqual(128);
    }
  });

  it('a refreshed pair has the same session and the next generation', async () => {
    const stage = await startStage();
    const first = await stage.login();
    stage.clock.advance(3_300);
    const second = expectPair(await stage.refresh(first.refresh_token));
    const { sid, sub } = claimsOf(first.access_token);
    for (const token of [second.access_token, second.refresh_token]) {
      expect(claimsOf(token)).toMatchObject({ sid, sub, gen: 2, iat: MONDAY_SECONDS + 3_300 });
    }
  });
});

describe.each(PLAIN_HOSTS)('Tokens on $name', (host) => {
  it('access tokens are checked against revocation on every request', async () => {
    const stage = await startStage(host);
    const { access_token: access } = await stage.login();
    await expectAccess(stage, access, 'works');
    const sessionId = String(claimsOf(access)['sid']);
    await stage.b2b.sessions.revoke(sessionId, { reason: 'a test' });
    expectRefusal(await stage.products(access), BAD_TOKEN);
  });
});
