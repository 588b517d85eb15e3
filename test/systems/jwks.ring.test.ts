import { createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { mount } from '../../src/node.ts';
import { jwksSystem, type JwksOptions } from '../../src/systems/jwks.ts';
import { complaint } from '../support/complaint.ts';
import { listen } from '../support/frameworks.ts';
import { send, type HttpAnswer } from '../support/http-client.ts';
import { closeRingsAfterEach, HOUR, tokenOf, workshop } from '../services/signing-keys/workshop.ts';
import { NODE_HOST } from './b2b/hosts.ts';
import { startStage, stopStagesAfterEach } from './b2b/stage.ts';

closeRingsAfterEach();
stopStagesAfterEach();

const PATH = '/.well-known/jwks.json';

async function start(options: JwksOptions): Promise<number> {
  const answer = mount(jwksSystem(options));
  const { port } = await listen((request, response) => {
    void answer(request, response, () => response.writeHead(418).end());
  });
  return port;
}

function keysOf(answer: HttpAnswer): readonly (JsonWebKey & { kid?: string })[] {
  return (answer.json() as { keys: (JsonWebKey & { kid?: string })[] }).keys;
}

describe('jwksSystem over a ring that lives', () => {
  it('publishes the next key before it signs and the retired one until it is forgotten', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: HOUR, retireAfterSeconds: 2 * HOUR });
    await keys.ready();
    const port = await start({ keys });
    const published = async (): Promise<unknown> =>
      keysOf(await send(port, { path: PATH })).map(({ kid }) => kid);
    const first = keys.signingKey().kid;
    expect(await published()).toEqual([first]);
    const { kid: second } = (await keys.prepareNext()) as { kid: string };
    expect(await published()).toEqual([first, second]);
    clock.advance(HOUR);
    await keys.promote();
    expect(new Set((await published()) as string[])).toEqual(new Set([first, second]));
    clock.advance(2 * HOUR);
    expect(await published()).toEqual([second]);
    await keys.revoke(second);
    expect(await published()).toEqual([keys.signingKey().kid]);
  });

  it.each(['ES256', 'ES384', 'ES512', 'RS256', 'PS256'] as const)(
    'lets an independent verifier check the tokens of a system, before and after a rotation, with %s',
    async (algorithm) => {
      const shop = workshop();
      const { store, clock } = shop;
      const keys = shop.ring({ algorithm, rsaBits: 2048 });
      await keys.ready();
      const port = await start({ keys });
      const stage = await startStage(NODE_HOST, { store, clock, keys });
      const set = createRemoteJWKSet(new URL(`http://127.0.0.1:${port}${PATH}`), { cooldownDuration: 0 });
      const check = async (token: string): Promise<unknown> => {
        const { payload, protectedHeader } = await jwtVerify(token, set, {
          algorithms: [algorithm],
          currentDate: new Date(clock.now()),
        });
        return { sub: payload.sub, kid: protectedHeader.kid };
      };
      const before = await stage.login();
      const first = keys.signingKey().kid;
      expect(await check(before.access_token)).toEqual({ sub: '123456', kid: first });
      await keys.prepareNext();
      clock.advance(HOUR - 60);
      const late = await stage.login();
      clock.advance(60);
      await keys.promote();
      const after = await stage.login();
      expect(await check(after.access_token)).toEqual({ sub: '123456', kid: keys.signingKey().kid });
      expect(await check(late.access_token)).toEqual({ sub: '123456', kid: first });
      // The refresh token is for its issuer alone, and nobody else can check it.
      await expect(check(after.refresh_token)).rejects.toThrow(
        '"alg" (Algorithm) Header Parameter value not allowed',
      );
    },
  );

  it('writes JWKs that node:crypto reads', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    const [jwk] = keysOf(await send(await start({ keys }), { path: PATH }));
    const [header, payload, signature] = tokenOf(keys, clock).split('.') as [string, string, string];
    const isValid = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    expect(isValid).toBe(true);
  });

  it('answers 503 while it has never read the keys, and what it knows while the store is down', async () => {
    const shop = workshop();
    await shop.ring().ready();
    const keys = shop.ring();
    const port = await start({ keys, onEvent: () => undefined });
    shop.store.down = true;
    const refused = await send(port, { path: PATH });
    expect([refused.status, refused.header('retry-after'), refused.header('cache-control')]).toEqual([
      503,
      '1',
      'no-store',
    ]);
    shop.store.down = false;
    shop.clock.advance(1);
    const answer = await send(port, { path: PATH });
    expect(keysOf(answer)).toHaveLength(1);
    shop.store.down = true;
    shop.clock.advance(HOUR);
    expect((await send(port, { path: PATH })).text).toBe(answer.text);
  });

  it('refuses to let a set be kept for longer than a key is published before it signs', () => {
    const { ring } = workshop();
    const short = ring({ publishSeconds: 599 });
    expect(complaint(() => jwksSystem({ keys: short }))).toBe(
      'option_conflict: jwksSystem.maxAgeSeconds is 600, and the ring lets a key sign 599 seconds after it is ' +
        'published. Shorten the one or lengthen publishSeconds.',
    );
    expect(complaint(() => jwksSystem({ keys: short, maxAgeSeconds: 599 }))).toBe('nothing was thrown');
    expect(complaint(() => jwksSystem({ keys: ring({ publishSeconds: 600 }) }))).toBe('nothing was thrown');
  });
});
