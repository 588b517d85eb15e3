import type { Principal } from '../../src/core/principal.ts';
import { JwtBearerStrategy, type JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import { TEST_SECRET } from './jwt-forge.ts';
import { movableClock } from './movable-clock.ts';

/** A strategy for HS256 with the tests' secret, for tokens that name no issuer and no audience, unless told otherwise. */
export function jwtStrategy<P extends Principal = Principal>(
  options: Partial<JwtBearerOptions<P>> = {},
): JwtBearerStrategy<P> {
  return new JwtBearerStrategy<P>({
    algorithm: 'HS256',
    keys: TEST_SECRET,
    issuer: null,
    audience: null,
    clock: movableClock(),
    ...options,
  });
}
