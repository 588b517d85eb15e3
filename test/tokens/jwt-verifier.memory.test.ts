import { createSecretKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Claims } from '../../src/core/principal.ts';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import type { ClaimsProfile } from '../../src/tokens/claims.ts';
import { keyRing, type KeySource } from '../../src/tokens/key-ring.ts';
import { jwtVerifier, type JwtVerifier, type JwtVerifierOptions } from '../../src/tokens/jwt-verifier.ts';
import { forge, segment, TEST_SECRET } from '../support/jwt-forge.ts';
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

describe('the memory of jwtVerifier', () => {
  it('verifies a token once', () => {
    let verified = 0;
    const counting = verifier({ checkSignature: (text) => ((verified += 1), payloadOf(text)) });
    const one = token({});
    const other = token({ sub: 'u2' });
    expect([one, other, one, one, other].map((each) => (counting.verify(each) as Claims)['sub'])).toEqual([
      'u1',
      'u2',
      'u1',
      'u1',
      'u2',
    ]);
    expect(verified).toBe(2);
  });

  it('JWT-20 tells two tokens apart that are equal in their last 16 characters, and all but one elsewhere', () => {
    // A signature check that lets everything through makes tokens of any text possible, even with equal endings.
    const trusting = verifier({ checkSignature: (text) => payloadOf(text) });
    const ending = Buffer.alloc(32, 7).toString('base64url');
    const header = segment({ alg: 'HS256', typ: 'JWT' });
    const tokens = Array.from({ length: 64 }, (_, i) => [
      `u${i}`,
      `${header}.${segment({ sub: `u${i}`, exp: NOW + 600 })}.${ending}`,
    ]) as [string, string][];
    expect(new Set(tokens.map(([, text]) => text.slice(-16))).size).toBe(1);
    expect(new Set(tokens.map(([, text]) => text.slice(0, 36))).size).toBe(1);
    for (const round of [1, 2, 3]) {
      const subjects = tokens.map(([, text]) => (trusting.verify(text) as Claims)['sub']);
      expect([round, subjects]).toEqual([round, tokens.map(([id]) => id)]);
    }
  });

  it('JWT-20 never crosses two users in a thousand interleaved looks, nor lets the ending of one vouch for another', () => {
    const verify = verifier();
    const [alice, bob] = [token({ sub: 'alice' }), token({ sub: 'bob' })];
    const grafted = `${alice.slice(0, alice.lastIndexOf('.'))}${bob.slice(bob.lastIndexOf('.'))}`;
    for (let i = 0; i < 1000; i += 1) {
      expect(verify.verify(alice)).toMatchObject({ sub: 'alice' });
      expect(verify.verify(bob)).toMatchObject({ sub: 'bob' });
      expect(verify.verify(grafted)).toMatchObject({ code: 'token_signature_invalid' });
    }
  });

  it('JWT-07 ends with exp by the injected clock, exactly as without memory', () => {
    const time = movableClock();
    const verify = verifier({ clock: time, profile: { ...PROFILE, expiryLeewaySeconds: 10 } });
    const short = token({ exp: NOW + 30 });
    expect(verify.verify(short)).toMatchObject({ sub: 'u1' });
    time.advance(39);
    expect(verify.verify(short)).toMatchObject({ sub: 'u1' });
    time.advance(1);
    expect(verify.verify(short)).toMatchObject({ code: 'token_expired' });
    expect(verify.verify(short)).toMatchObject({ code: 'token_expired' });
  });

  it.each(['nbf', 'iat'])(
    'JWT-08 says the same of %s as without memory when the clock is set back',
    (claim) => {
      const time = movableClock();
      const [remembering, forgetful] = [verifier({ clock: time }), verifier({ clock: time, cacheSize: 0 })];
      const early = token({ [claim]: NOW });
      for (const step of [0, -60, -1, 61, -61, 600]) {
        time.advance(step);
        expect([step, remembering.verify(early)]).toEqual([step, forgetful.verify(early)]);
      }
    },
  );

  it('remembers no refusal: a token that was too early is accepted in time', () => {
    const time = movableClock();
    const verify = verifier({ clock: time });
    const early = token({ nbf: NOW + 100 });
    expect(verify.verify(early)).toMatchObject({ code: 'token_not_yet_valid' });
    time.advance(40);
    expect(verify.verify(early)).toMatchObject({ sub: 'u1' });
  });

  it('JWT-20 forgets all when the keys change', () => {
    const source = changingSource();
    const verify = verifier({ keys: source });
    const [one, other] = [token({}), token({ sub: 'u2' })];
    expect([verify.verify(one), verify.verify(other)]).toMatchObject([{ sub: 'u1' }, { sub: 'u2' }]);
    source.withdraw();
    expect([verify.verify(one), verify.verify(other)]).toMatchObject([
      { code: 'token_key_unknown' },
      { code: 'token_key_unknown' },
    ]);
  });

  it('JWT-20 does not remember what a key verified that was withdrawn while it was looked for', async () => {
    const source = changingSource();
    const verify = verifier({ keys: source });
    const one = token({});
    source.hold();
    const pending = verify.verify(one);
    source.withdraw();
    await verify.verify(token({ sub: 'u2' }));
    source.letGo();
    await pending;
    await expect(subject(verify.verify(one))).resolves.toBe('token_key_unknown');
  });

  it('follows a source that adds an algorithm, and refuses one that it drops', () => {
    const algorithms = new Set<JwtAlgorithm>(['HS256']);
    const key = createSecretKey(Buffer.from(TEST_SECRET));
    const source = { algorithms, revision: 0, candidates: () => [key] };
    const verify = verifier({ keys: source });
    const stronger = forge({ payload: { sub: 'u1', exp: NOW + 600 }, key, algorithm: 'HS512' });
    expect(verify.verify(stronger)).toMatchObject({ code: 'token_algorithm_refused' });
    algorithms.add('HS512');
    source.revision = 1;
    expect(verify.verify(stronger)).toMatchObject({ sub: 'u1' });
    algorithms.delete('HS512');
    source.revision = 2;
    expect(verify.verify(stronger)).toMatchObject({ code: 'token_algorithm_refused' });
  });

  it('is bounded, and works when it is switched off', () => {
    let verified = 0;
    const check = (text: string): unknown => ((verified += 1), payloadOf(text));
    const two = verifier({ cacheSize: 2, checkSignature: check });
    const tokens = ['u1', 'u2', 'u3'].map((sub) => token({ sub }));
    for (const each of [...tokens, ...tokens]) void two.verify(each);
    expect(verified).toBe(6);
    verified = 0;
    const none = verifier({ cacheSize: 0, checkSignature: check });
    for (const each of tokens) {
      void none.verify(each);
      void none.verify(each);
    }
    expect(verified).toBe(6);
  });
});

function payloadOf(text: string): unknown {
  return JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as unknown;
}

/** One secret that can be withdrawn, from a source that can be made to answer late. */
function changingSource(): KeySource & { withdraw(): void; hold(): void; letGo(): void } {
  const key = createSecretKey(Buffer.from(TEST_SECRET));
  let keys: readonly KeyObject[] = [key];
  let release: (() => void) | undefined;
  const source = {
    algorithms: new Set<JwtAlgorithm>(['HS256']),
    revision: 0,
    candidates(): MaybePromise<readonly KeyObject[]> {
      const found = keys;
      if (release === undefined || found.length === 0) return found;
      return new Promise((resolve) => {
        release = () => resolve(found);
      });
    },
    withdraw() {
      keys = [];
      source.revision += 1;
    },
    hold() {
      release = () => undefined;
    },
    letGo: () => release?.(),
  };
  return source;
}
