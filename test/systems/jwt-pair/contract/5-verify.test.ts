import { describe, expect, it } from 'vitest';
import { forge } from '../../../support/jwt-forge.ts';
import {
  BLACKLISTED,
  BLANK,
  expectDone,
  expectPair,
  expectRefusal,
  EXPIRED,
  fields,
  INSPECTED_BLACKLISTED,
  INVALID,
  NO_EXP,
  NO_ID,
  NO_STRING,
  NULL,
  REQUIRED,
  type Refusal,
} from '../expectations.ts';
import { HOSTS, PLAIN_HOSTS } from '../hosts.ts';
import { JWT, SECRET, startStage, stopStagesAfterEach } from '../stage.ts';
import { claimsOf, otherAlgorithm, resigned, tampered } from '../tokens.ts';

stopStagesAfterEach();

const BODIES: readonly (readonly [row: string, body: unknown, answer: Refusal])[] = [
  ['missing', {}, fields({ token: REQUIRED })],
  ['blank', { token: '' }, fields({ token: BLANK })],
  ['null', { token: null }, fields({ token: NULL })],
  ['wrong type', { token: ['x'] }, fields({ token: NO_STRING })],
  ['a number is coerced and fails as invalid', { token: 0 }, INVALID],
  ['malformed', { token: 'x' }, INVALID],
  ['An Api-Key is not a token', { token: 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01' }, INVALID],
];

describe.each(HOSTS)('POST jwt/verify on $name', (host) => {
  it('valid: access and refresh tokens', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    expectDone(await stage.verify(access), '{}');
    expectDone(await stage.verify(refresh), '{}');
  });

  it.each(BODIES)('%s', async (_row, body, expected) => {
    const stage = await startStage(host);
    expectRefusal(await stage.post(`${JWT}/verify/`, body), expected);
  });
});

describe.each(PLAIN_HOSTS)('POST jwt/verify, by token, on $name', (host) => {
  it.each(['access', 'refresh'] as const)('malformed / bad signature: %s', async (kind) => {
    const stage = await startStage(host);
    const token = (await stage.login())[kind];
    for (const bad of [
      tampered(token, { user_id: '2' }),
      otherAlgorithm(token),
      forge({ payload: claimsOf(token), key: `${SECRET}!`, algorithm: 'HS256' }),
      `${token}x`,
    ]) {
      expectRefusal(await stage.verify(bad), INVALID);
    }
  });

  it('expired: both kinds, at the second', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    stage.clock.advance(299);
    expectDone(await stage.verify(access), '{}');
    stage.clock.advance(1);
    expectRefusal(await stage.verify(access), EXPIRED);
    stage.clock.advance(86_099);
    expectDone(await stage.verify(refresh), '{}');
    stage.clock.advance(1);
    expectRefusal(await stage.verify(refresh), EXPIRED);
  });

  it('refresh token revoked by logout: 400, not 401', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    await stage.logout(access);
    expectRefusal(await stage.verify(refresh), INSPECTED_BLACKLISTED);
  });

  it('refresh token revoked by rotation: 400, not 401', async () => {
    const stage = await startStage(host, { rotate: true });
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh));
    expectRefusal(await stage.verify(first.refresh), INSPECTED_BLACKLISTED);
    expectDone(await stage.verify(second.refresh), '{}');
  });

  it('valid token of a deactivated or deleted user: verify does not look the user up', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    stage.directory.ada.active = false;
    for (const token of [access, refresh]) expectDone(await stage.verify(token), '{}');
    stage.directory.users.delete(stage.directory.ada);
    for (const token of [access, refresh]) expectDone(await stage.verify(token), '{}');
    expect(stage.directory.calls.filter((call) => call.startsWith('findUser'))).toEqual([]);
  });

  it('access token of a logged-out session: valid while unexpired', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    await stage.logout(access);
    expectDone(await stage.verify(access), '{}');
    stage.clock.advance(300);
    expectRefusal(await stage.verify(access), EXPIRED);
  });

  it('access token of a logged-out session, revokeAccessOnLogout: blacklisted', async () => {
    const stage = await startStage(host, { revokeAccessOnLogout: true });
    const { access, refresh } = await stage.login();
    await stage.logout(access);
    expectRefusal(await stage.verify(access), BLACKLISTED);
    expectRefusal(await stage.verify(refresh), INSPECTED_BLACKLISTED);
  });

  it('ignores the type claim, and wants an expiry and an id', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expectDone(await stage.verify(resigned(access, { token_type: undefined })), '{}');
    expectDone(await stage.verify(resigned(access, { token_type: 'sliding' })), '{}');
    expectRefusal(await stage.verify(resigned(access, { exp: undefined })), NO_EXP);
    expectRefusal(await stage.verify(resigned(access, { jti: undefined })), NO_ID);
  });

  it('legacyTokenMessages: one text for both kinds of bad tokens', async () => {
    const stage = await startStage(host, { legacyTokenMessages: true });
    const { access } = await stage.login();
    const legacy = { ...INVALID, body: '{"detail":"Token is invalid or expired","code":"token_not_valid"}' };
    expectRefusal(await stage.verify('x'), legacy);
    expectRefusal(await stage.verify(resigned(access, { exp: stage.clock.seconds() })), legacy);
  });
});
