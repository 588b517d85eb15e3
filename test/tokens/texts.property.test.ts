import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import { AS_BASE64URL, AS_UUID } from '../../src/services/opaque-texts.ts';
import { apiKeyTexts, findApiKeys, newApiKeyId } from '../../src/tokens/api-key-format.ts';
import { jwtGate } from '../../src/tokens/jwt-gate.ts';

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE62 = BASE64URL.slice(0, 62);
const gate = jwtGate({ algorithms: new Set(['HS256']), typ: 'JWT' });

/** A part of a token: what it may be, what it nearly is, and anything. */
const part = fc.oneof(
  fc.json().map((text) => Buffer.from(text).toString('base64url')),
  fc.object().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url')),
  fc.constant(Buffer.from('{"alg":"HS256"}').toString('base64url')),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string({ unit: fc.constantFrom(...BASE64URL.split('')) }),
  fc.string(),
);

describe('jwtGate', () => {
  it('JWT-14 lets nothing through but the one spelling of its bytes, with two objects in front', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 2, maxLength: 4 }), (parts) => {
        const token = parts.join('.');
        if (isAuthError(gate(token))) return;
        const [header, payload, signature, ...more] = token.split('.');
        expect(more).toEqual([]);
        for (const each of [header, payload, signature] as string[])
          expect(Buffer.from(each, 'base64url').toString('base64url')).toBe(each);
        expect(JSON.parse(decoded(header))).toMatchObject({ alg: 'HS256' });
        expect(decoded(payload).trimStart()).toMatch(/^\{/);
      }),
      { numRuns: 2000 },
    );
  });

  it('JWT-14 JWT-15 lets every object with a header that it knows through', () => {
    fc.assert(
      fc.property(fc.object(), fc.uint8Array({ minLength: 1 }), (claims, signature) => {
        const [header, payload] = [{ alg: 'HS256', typ: 'JWT' }, claims].map((each) =>
          Buffer.from(JSON.stringify(each)).toString('base64url'),
        );
        const token = `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`;
        expect(gate(token)).toEqual({ algorithm: 'HS256', kid: null });
      }),
    );
  });
});

describe('apiKeyTexts', () => {
  const texts = apiKeyTexts('acme');
  const format = fc.constantFrom('checksummed' as const, 'prefix-secret' as const);

  it('reads back the id of every key that it makes, also out of other text', () => {
    fc.assert(
      fc.property(format, (each) => {
        const id = newApiKeyId();
        const key = texts.make(each, id);
        expect(texts.read(key)).toEqual({ format: each, id });
        expect(findApiKeys('acme', `key: "${key}"`)).toEqual(each === 'checksummed' ? [key] : []);
      }),
    );
  });

  it('AK-01 refuses a checksummed key with any one character changed, left out or doubled', () => {
    const key = texts.make('checksummed', newApiKeyId());
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(...BASE62.split(''), '_', ' '), (at, character) => {
        const rest = key.slice(at + 1);
        const isSame = character === key[at];
        expect(texts.read(key.slice(0, at) + character + rest) !== null).toBe(isSame);
        expect(texts.read(key.slice(0, at) + rest)).toBeNull();
        expect(texts.read(key.slice(0, at + 1) + key.slice(at))).toBeNull();
      }),
    );
  });

  it('answers any text without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => texts.read(text) === null));
  });
});

describe.each([
  ['UUIDs', AS_UUID],
  ['base64url', AS_BASE64URL],
])('opaque texts as %s', (_name, form) => {
  it('SE-19 match the pattern of what is issued, and with one character more or less they do not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = form.write(Buffer.from(bytes));
        expect(form.pattern.test(text)).toBe(true);
        for (const near of [`${text}=`, ` ${text}`, `${text}\n`, text.slice(1), text.slice(0, -1)])
          expect(form.pattern.test(near)).toBe(false);
      }),
    );
  });
});

function decoded(text: string | undefined): string {
  return Buffer.from(text ?? '', 'base64url').toString('utf8');
}
