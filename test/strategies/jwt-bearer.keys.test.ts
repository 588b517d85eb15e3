import { describe, expect, it } from 'vitest';
import { JwtBearerStrategy, type JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import { complaint } from '../support/complaint.ts';
import { ecKeyPair, rsaKeyPair, TEST_SECRET } from '../support/jwt-forge.ts';

const GOOD: JwtBearerOptions = { algorithm: 'HS256', keys: TEST_SECRET, issuer: null, audience: null };

/** What constructing with these options in place of, or beside, the good ones is refused with. */
function judge(options: object): string {
  return complaint(() => new JwtBearerStrategy({ ...GOOD, ...options }));
}

describe('the keys of JwtBearerStrategy', () => {
  it.each<[string, object, RegExp]>([
    [
      'a short secret',
      { keys: 'hunter2' },
      /^key_weak: JwtBearerStrategy\.keys: a secret for HS256 needs at least 32 bytes/,
    ],
    [
      'a secret that is short for the algorithm',
      { algorithm: 'HS512', keys: TEST_SECRET.slice(0, 63) },
      /^key_weak/,
    ],
    [
      'one byte again and again',
      { keys: 'a'.repeat(64) },
      /^key_weak: JwtBearerStrategy\.keys: the secret repeats one byte/,
    ],
    [
      'a public PEM as a secret',
      { keys: rsaKeyPair().publicPem },
      /^key_invalid: JwtBearerStrategy\.keys: HS256 needs a secret, and this is a PEM key/,
    ],
    [
      'RSA of 1024 bits',
      { algorithm: 'RS256', keys: rsaKeyPair(1024).publicPem },
      /^key_weak: JwtBearerStrategy\.keys: an RSA key needs/,
    ],
    [
      'a P-256 key for ES384',
      { algorithm: 'ES384', keys: ecKeyPair('P-256').publicPem },
      /^key_invalid: JwtBearerStrategy\.keys: ES384 needs/,
    ],
    [
      'a secret for RS256',
      { algorithm: 'RS256' },
      /^key_invalid: JwtBearerStrategy\.keys: this is not a key/,
    ],
    [
      'a weak one among several',
      { keys: [TEST_SECRET, 'hunter2'] },
      /^key_weak: JwtBearerStrategy\.keys\[1\]/,
    ],
    ['null', { keys: null }, /^option_missing: JwtBearerStrategy\.keys/],
    ['an empty text', { keys: '' }, /^option_missing: JwtBearerStrategy\.keys/],
    ['an empty list', { keys: [] }, /^option_invalid: JwtBearerStrategy\.keys must hold from 1 to 16 keys/],
  ])('JWT-17 JWT-18 refuses %s, and repeats nothing of it', (_, options, message) => {
    const said = judge(options);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/hunter2|MII|a test secret/);
  });
});
