/** What a provider has sent a browser back with (RFC 6749 section 4.1.2); blank parameters are absent. */
export interface CallbackAnswer {
  readonly code: string | null;
  readonly state: string | null;
  readonly error: string | null;
  /** Who says that it has answered (RFC 9207). */
  readonly issuer: string | null;
}

/**
 * Reads the query of a callback. It is read here and not by a framework, some of which make lists and objects of it and
 * some of which do not read it at all.
 *
 * @returns `repeated` when a parameter comes twice, since each reader would take another one (RFC 6749 section 3.1).
 */
export function readCallback(query: string): CallbackAnswer | 'repeated' {
  const parameters = new URLSearchParams(query);
  if (NAMES.some((name) => parameters.getAll(name).length > 1)) return 'repeated';
  const read = (name: string): string | null => parameters.get(name) || null;
  return {
    code: read('code'),
    state: read('state'),
    // Facebook names some errors by a number alone.
    error: read('error') ?? (read('error_code') === null ? null : 'server_error'),
    issuer: read('iss'),
  };
}

/** Whether a query is an answer of a provider at all, or nothing has been asked yet. */
export function isCallback(query: string): boolean {
  const parameters = new URLSearchParams(query);
  return NAMES.some((name) => name !== 'iss' && parameters.has(name));
}

const NAMES = ['code', 'state', 'error', 'error_code', 'iss'] as const;
