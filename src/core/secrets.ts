import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Whether two secrets are equal, in time that tells neither their content nor where they differ. */
export function secretsEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  // Hashing first makes the lengths equal, which timingSafeEqual needs, without an early answer for unequal ones.
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'));
}

/** SHA-256 as base64url text: how a token of full entropy is kept and looked up. */
export function sha256(value: string | Uint8Array): string {
  return hash('sha256', value, 'base64url');
}

/**
 * SHA-256 as text of one character for each byte: the shortest name of a secret in a map, for nothing that leaves the
 * process.
 */
export function sha256Name(value: string): string {
  return hash('sha256', value, 'binary');
}

/** Fresh random text of at least `bits` bits from the system's generator, in base64url. */
export function randomToken(bits: number): string {
  return randomBytes(Math.ceil(bits / 8)).toString('base64url');
}
