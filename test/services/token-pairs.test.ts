import { beforeEach, describe, expect, it } from 'vitest';
import { authError, isAuthError } from '../../src/core/errors.ts';
import type { Family } from '../../src/core/store.ts';
import type { Sessions } from '../../src/services/sessions/contract.ts';
import {
  tokenPairs,
  type PairSubject,
  type TokenPairs,
  type TokenPairsOptions,
} from '../../src/services/token-pairs.ts';
import { keyRing } from '../../src/tokens/key-ring.ts';
import { ecKeyPair, forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

const FORMAT = { kindClaim: 'typ', subjectClaim: 'sub' };
const SUBJECT: PairSubject = { owner: '7', workspace: null, claims: { sub: '7', client_id: 7 } };

let clock: MovableClock;
let revokedVersion: number;
let rotated: (readonly [string, number])[];
let pairs: TokenPairs;

beforeEach(() => {
  clock = movableClock();
  revokedVersion = 0;
  rotated = [];
  pairs = build();
});

function family(changes: Partial<Family> = {}): Family {
  return {
    id: 's1',
    owner: 'b2b:7',
    parent: null,
    data: { userId: '7', device: null, address: null, actor: null },
    generation: 1,
    createdAt: clock.now(),
    rotatedAt: clock.now(),
    expiresAt: clock.now() + 600_000,
    absoluteAt: null,
    ...changes,
  };
}

function build(changes: Partial<TokenPairsOptions> = {}): TokenPairs {
  const sessions = {
    ownerKey: (owner: string) => `b2b:${owner}`,
    rotate(id: string, generation: number) {
      rotated.push([id, generation]);
      return Promise.resolve(
        id === 'gone'
          ? authError('token_revoked')
          : { family: family({ id, generation: generation + 1 }), repeated: false },
      );
    },
  } as unknown as Sessions;
  return tokenPairs({
    ring: keyRing('test', TEST_SECRET, 'HS256'),
    format: FORMAT,
    sessions,
    revocations: { check: () => null, revokedVersion: () => revokedVersion },
    accessSeconds: 60,
    clock,
    ...changes,
  });
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

/** A refresh token with some claims changed, under the right secret. */
function changed(changes: Readonly<Record<string, unknown>>): string {
  const payload = { ...claimsOf(pairs.issue(family(), SUBJECT).refresh), ...changes };
  return forge({ payload, key: TEST_SECRET, algorithm: 'HS256' });
}

describe('issue', () => {
  it('writes the same session, generation and subject into both, each with its own kind, id and expiry', () => {
    const { access, refresh, ...rest } = pairs.issue(family({ generation: 4 }), SUBJECT);
    const now = clock.seconds();
    const shared = { sub: '7', client_id: 7, sid: 's1', gen: 4, av: clock.now(), iat: now };
    const jti: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(claimsOf(access)).toEqual({ ...shared, typ: 'access', jti, exp: now + 60 });
    expect(claimsOf(refresh)).toEqual({ ...shared, typ: 'refresh', jti, exp: now + 600 });
    expect(rest).toEqual({ accessExpiresAt: now + 60, refreshExpiresAt: now + 600, sessionId: 's1' });
  });

  it('gives the refresh token of a generation byte for byte again, whatever the time is by then', () => {
    const row = family();
    const first = pairs.issue(row, SUBJECT);
    clock.advance(9.5);
    const again = build().issue(row, SUBJECT);
    expect(again.refresh).toBe(first.refresh);
    expect(again.access).not.toBe(first.access);
    expect(claimsOf(again.access)).toMatchObject({ iat: clock.seconds(), exp: clock.seconds() + 60 });
  });

  it('gives every generation and every session a refresh token of its own', () => {
    const tokens = [family(), family({ generation: 2 }), family({ id: 's2' })].map(
      (row) => pairs.issue(row, SUBJECT).refresh,
    );
    expect(new Set(tokens.map((token) => claimsOf(token)['jti'])).size).toBe(3);
  });

  it('rounds expiries down, so that no token says more than its session has', () => {
    const pair = pairs.issue(family({ expiresAt: clock.now() + 1_999 }), SUBJECT);
    expect(pair.refreshExpiresAt).toBe(clock.seconds() + 1);
  });

  it('lets no access token outlive the absolute end', () => {
    const pair = pairs.issue(family({ absoluteAt: clock.now() + 30_500 }), SUBJECT);
    expect([pair.accessExpiresAt, claimsOf(pair.access)['exp']]).toEqual([
      clock.seconds() + 30,
      clock.seconds() + 30,
    ]);
  });

  it('writes a version later than any that is known to be revoked', () => {
    revokedVersion = clock.now() + 5_000;
    expect(claimsOf(pairs.issue(family(), SUBJECT).access)['av']).toBe(clock.now() + 5_001);
    revokedVersion = clock.now() - 5_000;
    expect(claimsOf(pairs.issueAccess(family(), SUBJECT))['av']).toBe(clock.now());
  });

  it('cannot be led by a subject to claim another session, generation, kind or time', () => {
    const claims = {
      ...SUBJECT.claims,
      sid: 'x',
      gen: 99,
      typ: 'access',
      jti: 'x',
      av: 0,
      iat: 0,
      exp: 9_999_999_999,
    };
    const { refresh } = pairs.issue(family(), { ...SUBJECT, claims });
    expect(claimsOf(refresh)).toMatchObject({ sid: 's1', gen: 1, typ: 'refresh', iat: clock.seconds() });
    expect(claimsOf(refresh)['exp']).toBe(clock.seconds() + 600);
  });

  it('signs access tokens for others to verify, and refresh tokens for itself, with a key pair', async () => {
    const ring = keyRing('test', { key: ecKeyPair('P-256').privatePem, kid: 'k1' }, 'ES256');
    const own = build({ ring });
    const row = family();
    const { access, refresh } = own.issue(row, SUBJECT);
    expect(headerOf(access)).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'k1' });
    expect(headerOf(refresh)).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'k1' });
    expect(own.issue(row, SUBJECT).refresh).toBe(refresh);
    expect(await own.readRefresh(refresh)).toMatchObject({ sessionId: 's1', generation: 1 });
    expect(await own.readRefresh(access)).toMatchObject({ code: 'token_algorithm_refused' });
  });
});

describe('readRefresh', () => {
  it('reads what issue wrote, without asking anybody', async () => {
    const { refresh } = pairs.issue(family({ generation: 3 }), SUBJECT);
    expect(await pairs.readRefresh(refresh)).toMatchObject({
      sessionId: 's1',
      generation: 3,
      claims: { sub: '7' },
    });
    expect(rotated).toEqual([]);
  });

  it.each([
    ['an access token', () => pairs.issueAccess(family(), SUBJECT), 'token_type_refused'],
    ['no token', () => 'x', 'token_malformed'],
    [
      'another secret',
      () => forge({ payload: {}, key: `${TEST_SECRET}!`, algorithm: 'HS256' }),
      'token_signature_invalid',
    ],
    ['another kind', () => changed({ typ: 'other' }), 'token_type_refused'],
    ['no kind', () => changed({ typ: undefined }), 'token_claim_missing'],
    ['no subject', () => changed({ sub: undefined }), 'token_claim_missing'],
    ['no session', () => changed({ sid: undefined }), 'token_claim_missing'],
    ['a session that is no text', () => changed({ sid: 7 }), 'token_claim_invalid'],
    ['no id', () => changed({ jti: undefined }), 'token_claim_missing'],
    ['no generation', () => changed({ gen: undefined }), 'token_claim_invalid'],
    ['a generation in text', () => changed({ gen: '1' }), 'token_claim_invalid'],
    ['an issuer', () => changed({ iss: 'x' }), 'token_issuer_refused'],
    ['an audience', () => changed({ aud: 'x' }), 'token_audience_refused'],
    ['no expiry', () => changed({ exp: undefined }), 'token_claim_missing'],
    [
      'a time of issue ahead of the clock',
      () => changed({ iat: clock.seconds() + 61 }),
      'token_not_yet_valid',
    ],
  ])('refuses %s', async (_case, make, code) => {
    expect(await pairs.readRefresh(make())).toMatchObject({ code });
  });

  it('refuses a token from the second of its expiry on', async () => {
    const { refresh } = pairs.issue(family(), SUBJECT);
    clock.advance(599.999);
    expect(isAuthError(await pairs.readRefresh(refresh))).toBe(false);
    clock.advance(0.001);
    expect(await pairs.readRefresh(refresh)).toMatchObject({ code: 'token_expired' });
  });
});

describe('refresh', () => {
  it('presents the generation of the token and issues what comes of it', async () => {
    const { refresh } = pairs.issue(family({ generation: 5 }), SUBJECT);
    const token = await pairs.readRefresh(refresh);
    if (isAuthError(token)) throw new TypeError(token.code);
    const pair = await pairs.refresh(token, SUBJECT);
    expect(rotated).toEqual([['s1', 5]]);
    if (isAuthError(pair)) throw new TypeError(pair.code);
    expect(claimsOf(pair.access)).toMatchObject({ sid: 's1', gen: 6, typ: 'access' });
    expect(claimsOf(pair.refresh)).toMatchObject({ sid: 's1', gen: 6, typ: 'refresh' });
  });

  it('passes a refusal on', async () => {
    const token = { sessionId: 'gone', generation: 1, claims: {} };
    expect(await pairs.refresh(token, SUBJECT)).toMatchObject({ code: 'token_revoked' });
  });
});
