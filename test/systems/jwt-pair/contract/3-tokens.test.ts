import { describe, expect, it } from 'vitest';
import { ecKeyPair } from '../../../support/jwt-forge.ts';
import { expectAccess, expectDone, expectRefusal, INVALID, refusedAccess } from '../expectations.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';
import { claimsOf, headerOf, otherAlgorithm, resigned, sessionOf, unsigned } from '../tokens.ts';

stopStagesAfterEach();

describe('Tokens', () => {
  it('are JWTs of exactly these headers and claims', async () => {
    const stage = await startStage();
    const now = stage.clock.seconds();
    const { access, refresh } = await stage.login();
    for (const token of [access, refresh]) {
      expect(headerOf(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    }
    const shared = {
      user_id: '1',
      ws: 'ws-1',
      sid: expect.stringMatching(/^[\w-]{22}$/) as string,
      gen: 1,
      av: now * 1000,
      iat: now,
      jti: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    };
    expect(claimsOf(access)).toEqual({ ...shared, token_type: 'access', exp: now + 300 });
    expect(claimsOf(refresh)).toEqual({ ...shared, token_type: 'refresh', exp: now + 86_400 });
    expect(sessionOf(access)).toBe(sessionOf(refresh));
    expect(claimsOf(access)['jti']).not.toBe(claimsOf(refresh)['jti']);
  });

  it('live as long as is configured, both counted from the same instant', async () => {
    const stage = await startStage(undefined, { accessSeconds: 60, refreshSeconds: 600 });
    const { access, refresh } = await stage.login();
    const { iat, exp } = claimsOf(access) as { iat: number; exp: number };
    expect([exp - iat, claimsOf(refresh)['exp'], claimsOf(refresh)['iat']]).toEqual([60, iat + 600, iat]);
    stage.clock.advance(59);
    expectDone(await stage.verify(access), '{}');
    stage.clock.advance(1);
    expectRefusal(await stage.me(access), refusedAccess('Token is expired'));
    stage.clock.advance(539);
    expectAccess(await stage.refresh(refresh));
  });

  it.each(['HS384', 'HS512'] as const)('are signed with the configured algorithm: %s', async (algorithm) => {
    const stage = await startStage(undefined, { algorithm });
    const { access } = await stage.login();
    expect(headerOf(access)['alg']).toBe(algorithm);
    expect((await stage.me(access)).status).toBe(200);
  });

  it('keep a refresh token to its issuer where the key is asymmetric', async () => {
    const { privatePem } = ecKeyPair('P-256');
    const stage = await startStage(undefined, { algorithm: 'ES256', keys: privatePem });
    const { access, refresh } = await stage.login();
    expect(headerOf(access)['alg']).toBe('ES256');
    expect((await stage.me(access)).status).toBe(200);
    expectDone(await stage.verify(access), '{}');
    expectDone(await stage.verify(refresh), '{}');
    expectAccess(await stage.refresh(refresh));
  });

  it('JWT-03 have the algorithm pinned by configuration; none is never accepted', async () => {
    const stage = await startStage();
    const { access, refresh } = await stage.login();
    for (const change of [otherAlgorithm, unsigned]) {
      expectRefusal(await stage.me(change(access)), refusedAccess('Token is invalid'));
      expectRefusal(await stage.refresh(change(refresh)), INVALID);
      expectRefusal(await stage.verify(change(access)), INVALID);
    }
  });

  it('name the workspace that the user has at the time of issue, or null', async () => {
    const stage = await startStage();
    const { access } = await stage.login(stage.directory.nomad);
    expect(claimsOf(access)['ws']).toBeNull();
  });

  it('are those of one session each: an access token of every refresh belongs to the same one', async () => {
    const stage = await startStage();
    const first = await stage.login();
    const second = await stage.login();
    const third = expectAccess(await stage.refresh(first.refresh));
    expect(sessionOf(third)).toBe(sessionOf(first.access));
    expect(sessionOf(second.access)).not.toBe(sessionOf(first.access));
    expect(claimsOf(third)['jti']).not.toBe(claimsOf(first.access)['jti']);
  });

  it('outlive no session, however late in it they are issued', async () => {
    const stage = await startStage(undefined, { absoluteSeconds: 100 });
    const { access, refresh } = await stage.login();
    expect([claimsOf(access)['exp'], claimsOf(refresh)['exp']]).toEqual(
      [100, 100].map((seconds) => stage.clock.seconds() + seconds),
    );
    stage.clock.advance(90);
    const late = expectAccess(await stage.refresh(refresh));
    expect(claimsOf(late)['exp']).toBe(stage.clock.seconds() + 10);
  });

  it('JWT-12 with a number for the user, as old releases sent it, name nobody here', async () => {
    const stage = await startStage();
    const { access } = await stage.login();
    expectRefusal(await stage.me(resigned(access, { user_id: 1 })), refusedAccess('Token is invalid'));
  });
});
