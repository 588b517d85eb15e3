import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import type { Json, RecordStore } from '../../core/store.ts';
import { OpaqueBearerStrategy } from '../../../strategies/opaque-bearer.ts';
import type { AccessTokenKind } from './access-tokens.ts';
import { principalOf, type AccessClaims, type OAuthPrincipal } from './principal.ts';
import type { Standing } from './standing.ts';

export interface OpaqueAccessTokensParts {
  readonly store: RecordStore;
  readonly standing: Standing;
  readonly clock: Clock;
  /** The most tokens that are remembered; 0 for none. */
  readonly cacheSize: number;
}

/** Access tokens that say nothing; what they stand for is found by their hashes. */
export function opaqueAccessTokens(parts: OpaqueAccessTokensParts): AccessTokenKind {
  const { store, standing, clock, cacheSize } = parts;
  const known = cacheSize === 0 ? null : new LRUCache<string, AccessClaims>({ max: cacheSize });

  async function load(handle: string): Promise<AccessClaims | AuthError> {
    const record = await store.get(KIND, handle);
    if (record === null) return authError('token_revoked');
    const claims = Object.freeze(record.data as unknown as AccessClaims);
    known?.set(handle, claims);
    return claims;
  }

  function judge(claims: AccessClaims): MaybePromise<OAuthPrincipal | AuthError> {
    if (Math.floor(clock.now() / 1000) >= claims.exp) return authError('token_expired');
    return chain(standing.check(claims), (refusal) => refusal ?? principalOf(claims));
  }

  return {
    async write(claims) {
      const token = randomToken(256);
      const data = claims as unknown as Json;
      await store.put(KIND, handleOf(token), data, { expect: 'absent', expiresAt: claims.exp * 1000 });
      return token;
    },
    strategy: new OpaqueBearerStrategy<OAuthPrincipal>({
      name: 'oauth',
      find(token) {
        const handle = handleOf(token);
        return chain(known?.get(handle) ?? load(handle), (claims) =>
          isAuthError(claims) ? claims : judge(claims),
        );
      },
    }),
  };
}

function handleOf(token: string): string {
  return sha256(`oauth access ${token}`);
}

const KIND = 'oauth_access';
