import { wrong, type Reader } from '../core/options.ts';

/**
 * Reads an address of a provider: https, or http on loopback, where a test's provider listens. Without user, password
 * and fragment; `127.0.0.1`, `[::1]` and `localhost` are loopback.
 */
export const endpointUrl: Reader<string> = (value, path) => {
  if (typeof value === 'string' && isEndpointUrl(value)) return value;
  throw wrong(path, 'an absolute https address without user and fragment (http on loopback only)', value);
};

/** Whether tokens and secrets may be sent to an address. */
export function isEndpointUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== '' || password !== '' || hash !== '' || text.includes('#')) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
