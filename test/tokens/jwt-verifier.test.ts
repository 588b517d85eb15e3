import { createSecretKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Claims } from '../../src/core/principal.ts';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import type { ClaimsProfile } from '../../src/tokens/claims.ts';
import { keyRing, type KeySource } from '../../src/tokens/key-ring.ts';
import { jwtVerifier, type JwtVerifier, type JwtVerifierOptions } from '../../src/tokens/jwt-verifier.ts';
import { ecKeyPair, forge, raw, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';

const clock = movableClock();
const NOW = clock.seconds();
const PROFILE: ClaimsProfile = {
  issuers: null,
  audiences: null,
  subjectClaim: 'sub',
  tokenType: null,
  required: [],
  expiryLeewaySeconds: 0,
  clockSkewSeconds: 60,
};
const HS256 = keyRing('Test', TEST_SECRET, 'HS256');

function verifier(options: Partial<JwtVerifierOptions<Claims>> = {}): JwtVerifier<Claims> {
  return jwtVerifier<Claims>({
    keys: HS256,
    typ: 'JWT',
    profile: PROFILE,
    clock: movableClock(),
    cacheSize: 100,
    shape: (claims) => claims,
    ...options,
  });
}

function token(payload: object, key: string = TEST_SECRET): string {
  return forge({ payload: { sub: 'u1', exp: NOW + 600, ...payload }, key, algorithm: 'HS256' });
}

/** The subject, or the code of the refusal. */
async function subject(result: MaybePromise<unknown>): Promise<unknown> {
  const value = await result;
  return isAuthError(value) ? value.code : (value as Claims)['sub'];
}

describe('jwtVerifier', () => {
  const rsa = rsaKeyPair();
  const signers: Readonly<Record<string, KeyObject>> = {
    HS: createSecretKey(Buffer.from(TEST_SECRET)),
    RS: rsa.privateKey,
    PS: rsa.privateKey,
    ES256: ecKeyPair('P-256').privateKey,
    ES384: ecKeyPair('P-384').privateKey,
    ES512: ecKeyPair('P-521').privateKey,
  };

  it.each<JwtAlgorithm>([
    'HS256',
    'HS384',
    'HS512',
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
    'ES256',
    'ES384',
    'ES512',
  ])('JWT-01 verifies %s and refuses every token with one character of it changed', async (algorithm) => {
    const key = (signers[algorithm] ?? signers[algorithm.slice(0, 2)]) as KeyObject;
    const verify = verifier({ keys: keyRing('Test', key, algorithm) });
    const good = forge({ payload: { sub: 'u1', exp: NOW + 600 }, key, algorithm });
    await expect(subject(verify.verify(good))).resolves.toBe('u1');
    const positions = Array.from({ length: 60 }, (_, i) => Math.floor((i * good.length) / 60));
    const accepted: string[] = [];
    for (const at of positions) {
      const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1);
      if ((await subject(verify.verify(changed))) === 'u1') accepted.push(changed);
    }
    expect(accepted).toEqual([]);
    await expect(subject(verify.verify(good))).resolves.toBe('u1');
  });

  it('JWT-01 looks at no claim of a token whose signature is wrong', async () => {
    const forged = token({ exp: NOW - 5, iss: 'x' }, `${TEST_SECRET}?`);
    await expect(subject(verifier().verify(forged))).resolves.toBe('token_signature_invalid');
  });

  it('answers at once when the keys are at hand', () => {
    expect(verifier().verify(token({}))).toMatchObject({ sub: 'u1' });
  });

  it('tries every key that fits, and says when there is none', async () => {
    const keys = keyRing(
      'Test',
      [`${TEST_SECRET}1`, TEST_SECRET, { key: `${TEST_SECRET}2`, kid: 'k' }],
      'HS256',
    );
    const verify = verifier({ keys });
    await expect(subject(verify.verify(token({})))).resolves.toBe('u1');
    await expect(subject(verify.verify(token({}, `${TEST_SECRET}2`)))).resolves.toBe(
      'token_signature_invalid',
    );
    const named = forge({ header: { alg: 'HS256', kid: 'x' }, key: TEST_SECRET, algorithm: 'HS256' });
    await expect(subject(verify.verify(named))).resolves.toBe('token_key_unknown');
  });

  it('JWT-07 refuses exp:1e400, which JSON reads as a time that never comes', async () => {
    const forever = forge({ payload: raw('{"sub":"u1","exp":1e400}'), key: TEST_SECRET, algorithm: 'HS256' });
    await expect(subject(verifier().verify(forever))).resolves.toBe('token_claim_invalid');
  });

  it.each([
    ['an array', '[{"sub":"u1"}]'],
    ['a string', '"u1"'],
    ['a number', '1'],
    ['null', 'null'],
    ['true', 'true'],
    ['no JSON', '{"sub":"u1"'],
    ['a byte order mark', '\ufeff{"sub":"u1","exp":4102444800}'],
  ])('JWT-15 refuses a payload that is %s', async (_, payload) => {
    const strange = forge({ payload: raw(payload), key: TEST_SECRET, algorithm: 'HS256' });
    await expect(subject(verifier().verify(strange))).resolves.toMatch(
      /^token_(malformed|signature_invalid)$/,
    );
  });

  it('JWT-15 reads a payload with a member twice one way only: the last one counts, in claims and in principal', async () => {
    const payload = raw(`{"sub":"admin","sub":"u1","exp":1,"exp":${NOW + 600}}`);
    const twice = forge({ payload, key: TEST_SECRET, algorithm: 'HS256' });
    expect(verifier().verify(twice)).toEqual({ sub: 'u1', exp: NOW + 600 });
  });

  it('JWT-15 takes no claim from the prototype of a payload', async () => {
    const payload = raw(`{"__proto__":{"sub":"admin","exp":${NOW + 600}}}`);
    const polluted = forge({ payload, key: TEST_SECRET, algorithm: 'HS256' });
    await expect(subject(verifier().verify(polluted))).resolves.toBe('token_claim_missing');
  });

  it('hands out claims that are frozen all through', () => {
    const claims = verifier().verify(token({ deep: { list: [{ a: 1 }] } })) as Claims;
    const { list } = claims['deep'] as { list: object[] };
    expect([claims, claims['deep'], list, list[0]].map((value) => Object.isFrozen(value))).toEqual(
      Array(4).fill(true),
    );
  });

  it('accepts claims that are null where nothing asks for them', () => {
    expect(verifier().verify(token({ nothing: null, list: [null] }))).toMatchObject({
      sub: 'u1',
      nothing: null,
    });
  });

  it('propagates the failure of a key source, which is an outage and not a refusal', async () => {
    const keys: KeySource = {
      algorithms: new Set(['HS256']),
      revision: 0,
      candidates: () => Promise.reject(new Error('no answer')),
    };
    await expect(verifier({ keys }).verify(token({}))).rejects.toThrow('no answer');
  });
});
