import { hkdfSync } from 'node:crypto';

/**
 * One key for each purpose, derived from the host's secret: what one of them seals or signs, no other opens. Your
 * application keeps those that seal what is in the store apart from it, in its secret store.
 */
export function keyFor(purpose: string, secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', purpose, 32));
}

/** Seals the cookie of all pages, which is one. */
export function pagesKey(secret: string): Uint8Array {
  return keyFor('pages', secret);
}
