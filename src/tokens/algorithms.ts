/** The JWS algorithms (RFC 7518 section 3) that tokens can be signed with; `none` is not among them. */
export const JWT_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
] as const;

/** The name of an algorithm that tokens can be signed with (RFC 7518 section 3); `none` is not among them. */
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Whether one secret both signs and verifies. */
export function isSymmetric(algorithm: JwtAlgorithm): boolean {
  return algorithm.startsWith('HS');
}

/** Output size of the algorithm's hash; an HMAC key must be at least as long (RFC 7518 section 3.2). */
export function hashBytes(algorithm: JwtAlgorithm): number {
  return Number(algorithm.slice(2)) / 8;
}

/** The curve that belongs to an ES algorithm (RFC 7518 section 3.4), by OpenSSL's name; `undefined` for the others. */
export function curveOf(algorithm: JwtAlgorithm): string | undefined {
  return CURVES[algorithm];
}

const CURVES: Partial<Record<JwtAlgorithm, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};
