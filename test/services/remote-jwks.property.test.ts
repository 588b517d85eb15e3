import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import { remoteJwks } from '../../src/services/remote-jwks.ts';

const good = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'good',
};

/** Anything, and keys that are nearly good. */
const jwk = fc.oneof(
  fc.jsonValue(),
  fc
    .record(
      {
        kty: fc.constantFrom('EC', 'RSA', 'oct', 'OKP'),
        crv: fc.constantFrom('P-256', 'P-384', '__proto__'),
        x: fc.base64String(),
        y: fc.base64String(),
        n: fc.base64String(),
        e: fc.constantFrom('AQAB', 'AQ'),
        kid: fc.jsonValue(),
      },
      { requiredKeys: ['kty'] },
    )
    .map((each) => each as unknown),
);

function sourceOf(body: unknown): ReturnType<typeof remoteJwks> {
  const send = () => Promise.resolve({ status: 200, headers: new Headers(), body });
  return remoteJwks({ url: 'https://id.example/jwks', algorithms: 'ES256', transport: { send } as never });
}

describe('remoteJwks', () => {
  it('finds the good key among any others, and never another under its name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jwk, { maxLength: 5 }), async (others) => {
        const found = await sourceOf({ keys: [...others, good] }).candidates('ES256', 'good');
        expect(found.map((key) => key.export({ format: 'jwk' }))).toEqual([
          { kty: good.kty, crv: good.crv, x: good.x, y: good.y },
        ]);
      }),
    );
  });

  it('takes any document without a usable key for an outage', async () => {
    const nonsense = fc.oneof(
      fc.jsonValue(),
      fc.record({ keys: fc.jsonValue() }),
      fc.record({ keys: fc.array(jwk) }),
    );
    await fc.assert(
      fc.asyncProperty(nonsense, async (body) => {
        await expect(Promise.resolve(sourceOf(body).candidates('ES256', 'good'))).rejects.toThrow(StoreError);
      }),
    );
  });
});
