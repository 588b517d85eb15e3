import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { KnownKey } from '../../../src/services/api-keys/known-key.ts';
import { keyVerifier } from '../../../src/services/api-keys/verifier.ts';
import { apiKeyTexts } from '../../../src/tokens/api-key-format.ts';
import { apiKeyHasher, type ApiKeyHasher, type KeptHash } from '../../../src/tokens/api-key-hash.ts';

const texts = apiKeyTexts('acme');

/** A verifier over one answer of the cache, with the hasher's work noted. */
function verifierOver(key: KnownKey | null): {
  readonly verify: (text: string) => unknown;
  readonly work: string[];
} {
  const work: string[] = [];
  const plain = apiKeyHasher([]);
  const hasher: ApiKeyHasher = {
    ...plain,
    matches(text, kept) {
      work.push(`compared with ${kept.algorithm}`);
      return plain.matches(text, kept);
    },
    matchNobody(text, format) {
      work.push(`compared with nobody of ${format}`);
      plain.matchNobody(text, format);
    },
  };
  const verify = keyVerifier({
    texts,
    hasher,
    cache: {
      known: () => key,
      read: () => Promise.resolve(key),
      readAgain: () => null,
      outdate: () => undefined,
    },
    feed: {
      fresh: () => undefined,
      poll: () => Promise.resolve(),
      subscribe: () => undefined,
      close: () => Promise.resolve(),
    },
    usage: {
      note: () => undefined,
      lastUsed: () => Promise.resolve(new Map()),
      close: () => Promise.resolve(),
    },
    rehashing: { rehash: () => undefined, close: () => Promise.resolve() },
    clock: systemClock,
  });
  return { verify, work };
}

function keyWith(...presentable: readonly string[]): KnownKey {
  const hasher = apiKeyHasher([]);
  return {
    id: 'AbCdEfGh',
    version: 1,
    expiresAt: null,
    revokedAt: null,
    secrets: presentable.map((text, index) => ({
      serial: index + 1,
      hash: hasher.read(hasher.hash(text, 'checksummed')) as KeptHash,
      endsAt: null,
      verified: {
        principal: {
          kind: 'api_key',
          id: `secret ${index + 1}`,
          workspace: 'w',
          scopes: [],
          networks: null,
          rateLimit: null,
        },
        networks: null,
        admit: null,
        seenFrom: null,
        headers: undefined,
      },
    })),
  };
}

describe('keyVerifier', () => {
  it('AK-01 compares with as many digests whichever secret is right, or none', () => {
    const [a, b, wrong] = [1, 2, 3].map(() => texts.make('checksummed', 'AbCdEfGh')) as [
      string,
      string,
      string,
    ];
    for (const presented of [a, b, wrong]) {
      const { verify, work } = verifierOver(keyWith(a, b));
      verify(presented);
      expect(work).toEqual(['compared with sha256', 'compared with sha256']);
    }
    expect(verifierOver(keyWith(a, b)).verify(b)).toMatchObject({ principal: { id: 'secret 2' } });
  });

  it('AK-01 compares a key that does not exist with a digest as well', () => {
    const checksummed = verifierOver(null);
    expect(checksummed.verify(texts.make('checksummed', 'AbCdEfGh'))).toMatchObject({ code: 'key_unknown' });
    expect(checksummed.work).toEqual(['compared with nobody of checksummed']);
    const prefixed = verifierOver(null);
    prefixed.verify(texts.make('prefix-secret', 'AbCdEfGh'));
    expect(prefixed.work).toEqual(['compared with nobody of prefix-secret']);
  });

  it('says that a key is revoked or expired only to whoever has its secret', () => {
    const [right, wrong] = [1, 2].map(() => texts.make('checksummed', 'AbCdEfGh')) as [string, string];
    const revoked = { ...keyWith(right), revokedAt: 1 };
    const expired = { ...keyWith(right), expiresAt: 1 };
    expect(verifierOver(revoked).verify(right)).toMatchObject({ code: 'key_revoked' });
    expect(verifierOver(revoked).verify(wrong)).toMatchObject({ code: 'key_secret_invalid' });
    expect(verifierOver(expired).verify(right)).toMatchObject({ code: 'key_expired' });
    expect(verifierOver(expired).verify(wrong)).toMatchObject({ code: 'key_secret_invalid' });
  });
});
