import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../support/http-client.ts';
import {
  BLACKLISTED,
  BLANK,
  expectAccess,
  expectDone,
  expectPair,
  expectRefusal,
  fields,
  FORBIDDEN,
  INSPECTED_BLACKLISTED,
  INVALID,
  NO_STRING,
  NOT_PROVIDED,
  NULL,
  refusedAccess,
  TWO_VALUES,
  USER_INACTIVE,
  type Pair,
  type Refusal,
} from '../expectations.ts';
import { HOSTS, PLAIN_HOSTS } from '../hosts.ts';
import { JWT, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { claimsOf, resigned, sessionOf, tampered } from '../tokens.ts';

stopStagesAfterEach();

function expectLoggedOut(answer: HttpAnswer): void {
  expectDone(answer, '{"detail":"Successfully logged out."}');
}

/** Fields that are no refresh token; nothing is revoked. */
const FIELDS: readonly (readonly [row: string, body: unknown, answer: Refusal])[] = [
  ['null', { refresh: null }, fields({ refresh: NULL })],
  ['blank', { refresh: ' ' }, fields({ refresh: BLANK })],
  ['any other non-string: a number', { refresh: 7 }, fields({ refresh: NO_STRING })],
  ['any other non-string: a boolean', { refresh: true }, fields({ refresh: NO_STRING })],
  ['any other non-string: an array', { refresh: ['x'] }, fields({ refresh: NO_STRING })],
  ['any other non-string: an object', { refresh: {} }, fields({ refresh: NO_STRING })],
  ['invalid', { refresh: 'x.y.z' }, INVALID],
];

type Prepare = (stage: Stage, pair: Pair) => string | Promise<string>;

/** Refresh tokens that are not the session's own live one; nothing is revoked. */
const FOREIGN: readonly (readonly [row: string, prepare: Prepare])[] = [
  ['bad signature', (_, { refresh }) => tampered(refresh, { jti: 'f'.repeat(32) })],
  ['of another user', async (stage) => (await stage.login(stage.directory.grace)).refresh],
  ['of another session', async (stage) => (await stage.login()).refresh],
  ['of this session in the name of another user', (_, { refresh }) => resigned(refresh, { user_id: '2' })],
  ['expired', (stage, { refresh }) => resigned(refresh, { exp: stage.clock.seconds() })],
  ['an access token', (_, { access }) => access],
];

describe.each(HOSTS)('POST jwt/logout on $name', (host) => {
  it('no body: 200; the refresh token of this session is revoked', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    expectLoggedOut(await stage.logout(access));
    expectRefusal(await stage.refresh(refresh), BLACKLISTED);
    expectRefusal(await stage.verify(refresh), INSPECTED_BLACKLISTED);
  });

  it('body without `refresh`: 200; the same', async () => {
    const stage = await startStage(host);
    for (const body of [{}, { other: 1 }, '']) {
      const { access, refresh } = await stage.login();
      expectLoggedOut(await stage.logout(access, body));
      expectRefusal(await stage.refresh(refresh), BLACKLISTED);
    }
  });

  it('body with this session’s `refresh`: 200; the same', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    expectLoggedOut(await stage.logout(access, { refresh }));
    expectRefusal(await stage.refresh(refresh), BLACKLISTED);
  });

  it('`refresh` already revoked', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    expectLoggedOut(await stage.logout(access));
    expectRefusal(await stage.logout(access, { refresh }), BLACKLISTED);
  });

  it.each(FIELDS)('`refresh` %s', async (_row, body, expected) => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    expectRefusal(await stage.logout(access, body), expected);
    expectAccess(await stage.refresh(refresh));
  });
});

describe.each(PLAIN_HOSTS)('POST jwt/logout, by token, on $name', (host) => {
  it.each(FOREIGN)('`refresh` %s: nothing revoked', async (_row, prepare) => {
    const stage = await startStage(host);
    const own = await stage.login();
    const foreign = await prepare(stage, own);
    expectRefusal(await stage.logout(own.access, { refresh: foreign }), INVALID);
    expectAccess(await stage.refresh(own.refresh));
    const told = stage.events.filter((event) => event.type === 'session' && event.action === 'revoked');
    expect(told).toEqual([]);
  });

  it('of another user: that one’s session goes on too', async () => {
    const stage = await startStage(host);
    const own = await stage.login();
    const other = await stage.login(stage.directory.grace);
    expectRefusal(await stage.logout(own.access, { refresh: other.refresh }), INVALID);
    expectAccess(await stage.refresh(other.refresh));
  });

  it('`refresh` already rotated', async () => {
    const stage = await startStage(host, { rotate: true });
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh));
    expectRefusal(await stage.logout(second.access, { refresh: first.refresh }), BLACKLISTED);
    expectLoggedOut(await stage.logout(second.access, { refresh: second.refresh }));
  });

  it('SE-14 second logout, no body, access token still unexpired: 200, idempotent', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expectLoggedOut(await stage.logout(access));
    expectLoggedOut(await stage.logout(access));
    const told = stage.events.filter((event) => event.type === 'session' && event.action === 'revoked');
    expect(told).toHaveLength(1);
  });

  it('no / invalid / expired access token: as for protected resources', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    const logout = (headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
      stage.post(`${JWT}/logout/`, undefined, headers);
    expectRefusal(await logout({}), NOT_PROVIDED);
    expectRefusal(await logout({ Authorization: `bearer ${access}` }), NOT_PROVIDED);
    expectRefusal(await logout({ Authorization: 'Bearer' }), TWO_VALUES);
    expectRefusal(await stage.logout('x.y.z'), refusedAccess('Token is invalid'));
    expectRefusal(await stage.logout(refresh), refusedAccess('Token has wrong type'));
    expectAccess(await stage.refresh(refresh));
    stage.clock.advance(300);
    expectRefusal(await stage.logout(access), refusedAccess('Token is expired'));
    stage.directory.ada.active = false;
    const later = resigned(access, { exp: stage.clock.seconds() + 1 });
    expectRefusal(await stage.logout(later), USER_INACTIVE);
  });

  it('authenticated by Api-Key', async () => {
    const stage = await startStage(host);
    const { key } = await stage.keys.create({ workspace: 'ws-1', name: 'a key' });
    const answer = await stage.post(`${JWT}/logout/`, undefined, { Authorization: `Api-Key ${key}` });
    expectRefusal(answer, FORBIDDEN);
  });

  it('the access token stays usable until `exp`', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expectLoggedOut(await stage.logout(access));
    stage.clock.advance(299);
    expect((await stage.me(access)).status).toBe(200);
    stage.clock.advance(1);
    expectRefusal(await stage.me(access), refusedAccess('Token is expired'));
  });

  it('SE-13 revokeAccessOnLogout: the access tokens of the session end at once', async () => {
    const stage = await startStage(host, { revokeAccessOnLogout: true });
    const { access, refresh } = await stage.login();
    const second = expectAccess(await stage.refresh(refresh));
    expectLoggedOut(await stage.logout(access));
    for (const token of [access, second, resigned(access, { jti: 'e'.repeat(32) })]) {
      expectRefusal(await stage.me(token), refusedAccess('Token is blacklisted'));
      expectRefusal(await stage.logout(token), refusedAccess('Token is blacklisted'));
    }
    expectRefusal(await stage.refresh(refresh), BLACKLISTED);
  });

  it('SE-15 affects only this session; other sessions of the user go on', async () => {
    for (const revokeAccessOnLogout of [false, true]) {
      const stage = await startStage(host, { revokeAccessOnLogout });
      const one = await stage.login();
      const other = await stage.login();
      expectLoggedOut(await stage.logout(one.access));
      expectAccess(await stage.refresh(other.refresh));
      expect((await stage.me(other.access)).status).toBe(200);
      expect(await stage.system.sessions.list('1')).toHaveLength(1);
    }
  });

  it('SE-09 a refresh that comes while a logout runs never outlives it', async () => {
    const stage = await startStage(host, { rotate: true });
    for (let round = 0; round < 5; round++) {
      const { access, refresh } = await stage.login();
      const [raced] = await Promise.all([stage.refresh(refresh), stage.logout(access)]);
      const left = raced?.status === 200 ? expectPair(raced).refresh : refresh;
      expectRefusal(await stage.refresh(left), BLACKLISTED);
      expectRefusal(await stage.refresh(refresh), BLACKLISTED);
      expect(await stage.system.sessions.find(sessionOf(access))).toBeNull();
    }
  });

  it('takes `refresh` of a form as well', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    const headers = {
      Authorization: `Bearer ${access}`,
      'Content-Type': 'application/x-www-form-urlencoded',
    };
    expectRefusal(await stage.post(`${JWT}/logout/`, 'refresh=x', headers), INVALID);
    expectLoggedOut(await stage.post(`${JWT}/logout/`, `refresh=${refresh}`, headers));
    expect(claimsOf(refresh)['sid']).toBe(sessionOf(access));
  });
});
