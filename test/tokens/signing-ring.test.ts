import { describe, expect, it } from 'vitest';
import { keyRing, signingRing, type KeyRing } from '../../src/tokens/key-ring.ts';
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
