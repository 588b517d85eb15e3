import { describe, expect, it } from 'vitest';
import type { SigningKeysOptions } from '../../../src/services/signing-keys.ts';
import { ecKeyPair, forge, TEST_SECRET } from '../../support/jwt-forge.ts';
import { closeRingsAfterEach, tokenOf, verdict, verifierOf, workshop } from './workshop.ts';

closeRingsAfterEach();

const OLD_SECRET = TEST_SECRET;

describe('imported keys', () => {
  const ec = ecKeyPair('P-256');

  it('verify with the kid and the algorithm that they have', async () => {
    const { ring, clock } = workshop();
    const keys = ring({
      algorithm: 'HS512',
      import: [
        { key: ec.publicPem, kid: '2024', algorithm: 'ES256' },
        { key: OLD_SECRET, algorithm: 'HS256' },
      ],
    });
    await keys.ready();
    const payload = { sub: 'ada', exp: clock.seconds() + 60 };
    const signed = (kid?: string): string =>
      forge({ header: { alg: 'ES256', typ: 'JWT', kid }, payload, key: ec.privateKey, algorithm: 'ES256' });
    const verifier = verifierOf(keys, clock);
    expect(await verdict(verifier, signed('2024'))).toBe('ada');
    expect(await verdict(verifier, signed())).toBe('token_key_unknown');
    expect(await verdict(verifier, signed('2025'))).toBe('token_key_unknown');
    expect(await verdict(verifier, tokenOf(keys, clock))).toBe('ada');
    expect(JSON.stringify((await keys.list()).map(({ algorithm }) => algorithm))).toBe('["HS512"]');
  });

  it('never go into the store', async () => {
    const { ring, store } = workshop();
    const keys = ring({ import: { key: OLD_SECRET, kid: 'old', algorithm: 'HS256' } });
    await keys.ready();
    await keys.prepareNext();
    const text = JSON.stringify(await store.get('signing-key', 'default'));
    expect(text).not.toContain('"old"');
    expect(await keys.revoke('old')).toEqual({ outcome: 'unknown' });
  });

  it.each<[string, unknown, string]>([
    ['a bare secret', OLD_SECRET, 'option_invalid'],
    ['a weak secret', { key: 'too short', algorithm: 'HS256' }, 'key_weak'],
    ['a key of another kind', { key: OLD_SECRET, algorithm: 'ES256' }, 'key_invalid'],
    ['an unknown member', { key: ec.privatePem, kids: 'a' }, 'option_unknown'],
    ['a next key', { key: ec.privatePem, state: 'next' }, 'option_invalid'],
    ['a public key that should sign', { key: ec.publicPem, state: 'active' }, 'key_invalid'],
    ['two keys that should sign', twoThatSign(), 'option_conflict'],
    ['two keys of one kid', twoOfOneKid(), 'option_conflict'],
    ['an end that is no time', { key: ec.privatePem, forgetAt: '2027' }, 'option_invalid'],
    ['an empty list', [], 'option_invalid'],
  ])('are refused: %s', (_, brought, code) => {
    const thrown = (() => {
      try {
        return workshop().ring({ import: brought } as Partial<SigningKeysOptions>);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toMatchObject({ code, message: expect.stringContaining('signingKeys.import') as string });
  });

  function twoThatSign(): unknown {
    return [ec.privatePem, ecKeyPair('P-256').privatePem].map((key) => ({ key, state: 'active' }));
  }

  function twoOfOneKid(): unknown {
    return [ec.privatePem, ecKeyPair('P-256').privatePem].map((key) => ({ key, kid: 'same' }));
  }
});
