import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { apiKeyHasher, peppersOption, type ApiKeyHasher } from '../../src/tokens/api-key-hash.ts';
import type { ApiKeyFormat } from '../../src/tokens/api-key-format.ts';

const KEY = 'acme_AbCdEfGh_any-text-will-do';
const peppered = (): ApiKeyHasher =>
  apiKeyHasher(peppersOption({ id: 'p1', secret: 'a pepper of forty bytes, only for tests!' }, 'pepper'));

let work: string[];

beforeEach(() => {
  work = [];
  const { hash, createHmac, timingSafeEqual } = crypto;
  vi.spyOn(crypto, 'hash').mockImplementation((...given: Parameters<typeof hash>) => {
    work.push(`${given[0]} of ${Buffer.byteLength(given[1])}`);
    return hash(...given);
  });
  vi.spyOn(crypto, 'createHmac').mockImplementation((...given: Parameters<typeof createHmac>) => {
    work.push(`hmac-${given[0]}`);
    return createHmac(...given);
  });
  vi.spyOn(crypto, 'timingSafeEqual').mockImplementation((a, b) => {
    work.push(`compare ${a.byteLength} with ${b.byteLength}`);
    return timingSafeEqual(a, b);
  });
  syncBuiltinESMExports();
});
afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

describe('apiKeyHasher', () => {
  it.each<[string, () => ApiKeyHasher, ApiKeyFormat, string[]]>([
    ['a plain', () => apiKeyHasher([]), 'checksummed', ['sha256 of 30', 'compare 32 with 32']],
    ['a peppered', peppered, 'checksummed', ['hmac-sha256', 'compare 32 with 32']],
    ['a prefix-secret', peppered, 'prefix-secret', ['sha512 of 30', 'compare 64 with 64']],
  ])(
    'AK-01 does the work of a comparison for %s key that does not exist',
    (_what, make, format, expected) => {
      const hasher = make();
      const kept = hasher.read(hasher.hash(KEY, format));
      if (kept.algorithm === null) throw new Error(kept.problem);
      work.length = 0;
      hasher.matches(`${KEY.slice(1)}x`, kept);
      const ofKnown = work.splice(0);
      hasher.matchNobody(KEY, format);
      expect(work).toEqual(ofKnown);
      expect(work).toEqual(expected);
    },
  );
});
