import type { Clock } from '../../core/clock.ts';
import { authError } from '../../core/errors.ts';
import type { JwtAlgorithm } from '../../tokens/algorithms.ts';
import { jwtSigner } from '../../tokens/jwt-signer.ts';
import type { KeyRing } from '../../tokens/key-ring.ts';
import { JwtBearerStrategy } from '../../../strategies/jwt-bearer.ts';
import type { AccessTokenKind } from './access-tokens.ts';
import { accessClaimsOf, principalOf, type OAuthPrincipal } from './principal.ts';
import type { Standing } from './standing.ts';

export interface JwtAccessTokensParts {
  readonly ring: KeyRing;
  readonly algorithm: JwtAlgorithm;
  readonly issuer: string;
  readonly typ: 'JWT' | 'at+jwt';
  readonly standing: Standing;
  readonly clock: Clock;
}

/** Access tokens that say all of it themselves. @see RFC 9068 for `at+jwt` */
export function jwtAccessTokens(parts: JwtAccessTokensParts): AccessTokenKind {
  const { ring, issuer, typ, standing, clock } = parts;
  const sign = jwtSigner(ring, typ);
  const [algorithm = parts.algorithm] = ring.algorithms;
  return {
    async write(claims) {
      await ring.fresh?.();
      return sign(typ === 'JWT' ? { ...claims } : { ...claims, scope: claims.scopes.join(' ') });
    },
    strategy: new JwtBearerStrategy<OAuthPrincipal>({
      name: 'oauth',
      // The ring says which algorithms there are; naming one of them is a formality.
      algorithm,
      keys: ring,
      issuer,
      // A token is for the application that it was issued to, and for no other.
      audience: ({ client_id: clientId }) => (typeof clientId === 'string' ? clientId : null),
      typ,
      requiredClaims: ['jti', 'sid', 'client_id', 'sub_kind'],
      revoked(claims) {
        const own = accessClaimsOf(claims);
        return own === null ? authError('token_claim_invalid') : standing.check(own);
      },
      principal(claims) {
        const own = accessClaimsOf(claims);
        return own === null ? null : principalOf(own);
      },
      clock,
    }),
  };
}
