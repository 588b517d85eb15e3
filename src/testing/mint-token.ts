import { systemClock, nowSeconds, type Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';
import type { JwtAlgorithm } from '../tokens/algorithms.ts';
import { jwtSigner } from '../tokens/jwt-signer.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import { signingRing, type KeysOption } from '../tokens/keys-option.ts';

export interface MintOptions {
  /** What `JwtBearerStrategy` verifies with, or the private half of it. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }> | KeyRing;
  /** Default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** Who the token is for. */
  readonly subject: string;
  /** The claim `iss`; none by default. */
  readonly issuer?: string | undefined;
  /** The claim `aud`; none by default. */
  readonly audience?: string | readonly string[] | undefined;
  /** How long it lives; default 300, and a negative number makes one that has expired. */
  readonly expiresInSeconds?: number | undefined;
  /** Further claims, which replace the ones above; `undefined` takes a claim out. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** The header's `typ`; default `JWT`. */
  readonly typ?: string | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Makes an access token for a route behind `JwtBearerStrategy`, as another service would have issued it. Tokens of the
 * package's own systems belong to a session: sign in to get one.
 *
 * @throws {@link ConfigError} for keys that cannot sign.
 */
export function mintToken(options: MintOptions): string {
  const { keys, algorithm = 'HS256', subject, issuer, audience, expiresInSeconds = 300, claims } = options;
  const now = nowSeconds(options.clock ?? systemClock);
  const all = {
    sub: subject,
    iss: issuer,
    aud: audience,
    iat: now,
    exp: now + expiresInSeconds,
    jti: randomToken(128),
    ...claims,
  };
  const told = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return jwtSigner(signingRing('mintToken', keys, algorithm), options.typ)(told);
}
