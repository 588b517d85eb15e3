import { describe, expect, it } from 'vitest';
import { keyRing, type KeyRing, type KeySource } from '../../src/tokens/key-ring.ts';
import { keySource, signingRing } from '../../src/tokens/keys-option.ts';
import { complaint } from '../support/complaint.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';

const WEEK = 604_800;
const ring = keyRing('Owner', TEST_SECRET, 'HS256');

function withOverlap(retireAfterSeconds: number): KeyRing {
  return { ...ring, overlap: { publishSeconds: 60, retireAfterSeconds } };
}

describe('signingRing', () => {
  it('takes a ring as it is and builds one of anything else', () => {
    expect(signingRing('Owner', ring, 'ES256', WEEK)).toBe(ring);
    expect(signingRing('Owner', TEST_SECRET, 'HS256', WEEK).keys).toEqual(ring.keys);
    expect(complaint(() => signingRing('Owner', undefined, 'HS256', WEEK))).toMatch(
      /^option_missing: Owner\.keys/,
    );
  });

  it('refuses a source that only verifies', () => {
    const source = { algorithms: new Set(['HS256']), revision: 0, candidates: () => [] };
    expect(complaint(() => signingRing('Owner', source, 'HS256', WEEK))).toBe(
      'option_invalid: Owner.keys must be the keys themselves or a ring, and this source only verifies with its keys.',
    );
  });

  it.each(['keys', 'signingKey'])(
    'refuses a source that has no %s, without which none can sign',
    (member) => {
      const rest = Object.fromEntries(Object.entries(ring).filter(([name]) => name !== member));
      expect(complaint(() => signingRing('Owner', rest, 'HS256', WEEK))).toMatch(
        /^option_invalid: Owner\.keys must be the keys themselves or a ring/,
      );
    },
  );

  it('refuses a ring that forgets keys while their tokens live, with two minutes to spare', () => {
    const short = withOverlap(WEEK + 119);
    expect(complaint(() => signingRing('Owner', short, 'HS256', WEEK))).toBe(
      'option_conflict: Owner.keys forgets a retired key after 604919 seconds, while tokens live for 604800. Set the ' +
        "ring's retireAfterSeconds to at least 604920.",
    );
    const long = withOverlap(WEEK + 120);
    expect(signingRing('Owner', long, 'HS256', WEEK)).toBe(long);
    expect(signingRing('Owner', short, 'HS256')).toBe(short);
  });
});

describe('keySource', () => {
  const source: KeySource = { algorithms: new Set(['RS256']), revision: 0, candidates: () => [] };

  it('takes a source that is ready as it is, and builds a ring of anything else', () => {
    expect(keySource('Owner', source, 'RS256')).toBe(source);
    expect(keySource('Owner', TEST_SECRET, 'HS256').candidates('HS256', null)).toHaveLength(1);
    expect(complaint(() => keySource('Owner', undefined, 'HS256'))).toMatch(/^option_missing: Owner\.keys/);
    expect(complaint(() => keySource('Owner', null, 'HS256'))).toMatch(/^option_missing: Owner\.keys/);
  });

  it.each(['algorithms', 'revision', 'candidates'])('takes nothing for a source that has no %s', (member) => {
    const rest = Object.fromEntries(Object.entries(source).filter(([name]) => name !== member));
    expect(complaint(() => keySource('Owner', rest, 'RS256'))).toMatch(
      /^key_invalid: Owner\.keys: this is not a key/,
    );
    expect(complaint(() => keySource('Owner', { ...source, [member]: 'x' }, 'RS256'))).toMatch(
      /^key_invalid/,
    );
  });

  it('JWT-02 refuses a source that never accepts the algorithm that was pinned', () => {
    expect(complaint(() => keySource('Owner', source, 'HS256'))).toBe(
      'option_conflict: Owner.algorithm: the source in Owner.keys has no key for HS256. Name one of its algorithms.',
    );
  });

  it('takes nothing for a source that is not whole', () => {
    expect(complaint(() => keySource('Owner', { candidates: () => [] }, 'HS256'))).toBe(
      'key_invalid: Owner.keys: an HS algorithm needs a secret: text, bytes, a JWK of kty "oct", or a KeyObject.',
    );
  });
});
