import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { ConfigError, isStoreError } from '../../src/core/errors.ts';
import { remoteJwks, type RemoteJwksOptions } from '../../src/services/remote-jwks.ts';
import { startGoogle, type LoopbackGoogle, type ProviderFault } from '../../src/testing/kit.ts';
import { movableClock } from '../support/movable-clock.ts';

const CERTS = '/oauth2/v3/certs';
const running: LoopbackGoogle[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.stop()));
});

/** An issuer on loopback, and a strategy that verifies its tokens. */
async function start(options: Partial<RemoteJwksOptions> = {}) {
  const clock = movableClock();
  const issuer = await startGoogle({ clock });
  running.push(issuer);
  const keys = remoteJwks({ url: issuer.endpoints.jwksUrl, clock, ...options });
  const strategy = new JwtBearerStrategy({
    algorithm: 'RS256',
    keys,
    issuer: issuer.endpoints.issuer,
    audience: issuer.clientId,
    clock,
  });
  return {
    clock,
    issuer,
    keys,
    fetches: () => issuer.requests.filter(({ path }) => path === CERTS).length,
    token: (kid?: string) => issuer.idToken(undefined, kid === undefined ? {} : { kid }),
    /** The refusal of a token, `accepted`, or `outage`. */
    judge: async (token: string): Promise<string> => {
      try {
        const found = await strategy.recognise({ header: 'authorization', scheme: 'bearer', value: token });
        return found.kind === 'rejected' ? found.error.code : 'accepted';
      } catch (thrown) {
        if (isStoreError(thrown)) return 'outage';
        throw thrown;
      }
    },
  };
}

describe('remoteJwks', () => {
  it('verifies the tokens of another issuer, and fetches its keys once', async () => {
    const { judge, token, fetches } = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => judge(token())));
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    expect(fetches()).toBe(1);
  });

  it('answers at once, without a promise, while it knows the key', async () => {
    const { keys, issuer, judge, token } = await start();
    await judge(token());
    const { kid } = issuer.signer.jwks().keys[0] as { kid: string };
    expect(keys.candidates('RS256', kid)).toHaveLength(1);
  });

  it('F18 JWT-22 fetches once for a thousand unknown names, and again after the cool-down', async () => {
    const { judge, token, fetches, clock } = await start();
    expect(await judge(token())).toBe('accepted');
    const flood = await Promise.all(Array.from({ length: 1_000 }, (_, n) => judge(token(`unknown-${n}`))));
    expect(new Set(flood)).toEqual(new Set(['token_key_unknown']));
    expect(fetches()).toBe(2);
    clock.advance(29);
    expect(await judge(token('unknown'))).toBe('token_key_unknown');
    expect(fetches()).toBe(2);
    clock.advance(1);
    expect(await judge(token('unknown'))).toBe('token_key_unknown');
    expect([fetches(), await judge(token())]).toEqual([3, 'accepted']);
  });

  it('F19 takes a new key as soon as a token names it, and the old one as long as it is published', async () => {
    const { issuer, judge, token, fetches } = await start();
    const old = token();
    expect(await judge(old)).toBe('accepted');
    issuer.signer.rotate();
    expect([await judge(token()), await judge(old), fetches()]).toEqual(['accepted', 'accepted', 2]);
  });

  it('F19 refuses a key that was withdrawn once the set is too old', async () => {
    const { issuer, judge, token, clock } = await start();
    const old = token();
    expect(await judge(old)).toBe('accepted');
    issuer.signer.rotate(false);
    clock.advance(449);
    expect(await judge(old)).toBe('accepted');
    clock.advance(151);
    expect(await judge(old)).toBe('token_key_unknown');
  });

  it('fetches in the background before the set is too old, so that nobody waits', async () => {
    const { judge, token, fetches, clock, keys, issuer } = await start();
    await judge(token());
    clock.advance(500);
    const { kid } = issuer.signer.jwks().keys[0] as { kid: string };
    expect(keys.candidates('RS256', kid)).toHaveLength(1);
    await expect.poll(fetches).toBe(2);
    expect(fetches()).toBe(2);
  });

  it.each([
    'hang-up',
    'truncated',
    'huge',
    'redirect',
    'html',
    'garbage',
    'null',
    'list',
    'nothing',
    'error',
    { status: 404, body: { keys: [] } },
    { status: 200, body: { keys: 'none' } },
    { status: 200, body: { keys: [] } },
    { status: 200, body: { keys: [null, 1, 'key', {}, { kty: 'RSA' }, { kty: 'oct', k: 'AAAA' }] } },
    { status: 200, body: { keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) } },
  ] satisfies readonly ProviderFault[])(
    'F17 goes on with the last good set while the issuer answers: %j',
    async (fault) => {
      const { issuer, judge, token, clock } = await start({
        maxStaleSeconds: 1_000,
      });
      const kept = token();
      expect(await judge(kept)).toBe('accepted');
      issuer.break(CERTS, fault);
      clock.advance(700);
      expect([await judge(kept), await judge(token())]).toEqual(['accepted', 'accepted']);
      expect(await judge(token('unknown'))).toBe('outage');
      clock.advance(899);
      expect([await judge(kept), await judge(token())]).toEqual(['accepted', 'accepted']);
      clock.advance(1);
      expect([await judge(kept), await judge(token())]).toEqual(['outage', 'outage']);
      issuer.mend();
      clock.advance(5);
      expect(await judge(token())).toBe('accepted');
    },
  );

  it('F17 does not let every request try again while nothing is known', async () => {
    const { issuer, judge, token, fetches, clock } = await start();
    issuer.break(CERTS, 'error');
    for (let round = 0; round < 10; round++) expect(await judge(token())).toBe('outage');
    expect(fetches()).toBe(1);
    clock.advance(5);
    issuer.mend();
    expect(await judge(token())).toBe('accepted');
  });

  it('F18 does not fetch for each unknown name while the issuer is out of reach', async () => {
    const { issuer, judge, token, fetches, clock } = await start();
    await judge(token());
    issuer.break(CERTS, 'error');
    clock.advance(460);
    const flood = await Promise.all(Array.from({ length: 100 }, (_, n) => judge(token(`unknown-${n}`))));
    expect(new Set(flood)).toEqual(new Set(['outage']));
    expect(fetches()).toBeLessThanOrEqual(3);
  });

  it.each([
    ['another use', { use: 'enc' }],
    ['another algorithm', { alg: 'RS512' }],
    ['its private half', { d: 'AQAB' }],
    [
      'a short modulus',
      generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' }),
    ],
    ['another kind', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })],
    ['a name that is no text', { kid: 17 }],
  ])('JWT-18 leaves out a key with %s, and takes the others', async (_title, changed) => {
    const { issuer, judge, token } = await start();
    const [key] = issuer.signer.jwks().keys as readonly { kid: string }[];
    issuer.break(CERTS, { status: 200, body: { keys: [{ ...key, kid: 'broken', ...changed }, key] } });
    expect(await judge(token())).toBe('accepted');
    expect(await judge(token('broken'))).toBe('token_key_unknown');
  });

  it('JWT-04 keeps the keys of one algorithm from another', async () => {
    const { issuer, judge } = await start({ algorithms: ['RS256', 'PS256'] });
    expect(await judge(issuer.idToken(undefined, { algorithm: 'PS256' }))).toBe('token_key_unknown');
    expect(await judge(issuer.idToken(undefined, { algorithm: 'RS384' }))).toBe('token_algorithm_refused');
  });

  it.each([
    [{ url: 'http://issuer.example/keys' }, 'remoteJwks.url must be an absolute https address'],
    [{ url: 'https://issuer.example/keys', algorithms: 'HS256' }, 'remoteJwks.algorithms is HS256'],
    [
      { url: 'https://issuer.example/keys', algorithms: [] },
      'remoteJwks.algorithms must be a list that is not',
    ],
    [{ url: 'https://issuer.example/keys', cooldownSeconds: 0 }, 'remoteJwks.cooldownSeconds must be'],
    [{}, 'remoteJwks.url is required'],
  ])('is not built of %j', (options, message) => {
    const build = () => remoteJwks(options as RemoteJwksOptions);
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(message);
  });
});
