import type { AuthError } from './errors.ts';

/**
 * The `WWW-Authenticate` lines of a refusal, one for each scheme (RFC 9110 section 11.6.1). For Bearer the error code
 * is that of RFC 6750 section 3.1; a request without credentials gets none, as that section asks.
 *
 * @param schemes The schemes that the chain accepts, each at most once.
 */
export function challengesFor(error: AuthError, schemes: readonly string[], realm: string | null): string[] {
  if (!isChallenged(error)) return [];
  return schemes.map((scheme) =>
    formatChallenge(scheme, [
      ...(realm === null ? [] : [['realm', realm] as const]),
      ...(scheme.toLowerCase() === 'bearer' ? bearerError(error) : []),
    ]),
  );
}

/** A challenge with its parameters, each as a quoted string; whatever a quoted string cannot hold is left out of it. */
export function formatChallenge(
  scheme: string,
  params: readonly (readonly [name: string, value: string])[],
): string {
  if (params.length === 0) return scheme;
  return `${scheme} ${params.map(([name, value]) => `${name}=${quote(value)}`).join(', ')}`;
}

/** `quoted-string` of RFC 9110 section 5.6.4, kept to ASCII so that no byte of it can end the header line. */
function quote(value: string): string {
  return `"${value.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 6750 section 3.1 gives a challenge with 401 and with `insufficient_scope`; other refusals are no matter of it. */
function isChallenged(error: AuthError): boolean {
  return error.status === 401 || error.code === 'scope_insufficient' || BAD_REQUESTS.has(error.code);
}

const BAD_REQUESTS: ReadonlySet<string> = new Set([
  'credentials_malformed',
  'credentials_repeated',
  'credentials_joined',
]);
const WITHOUT_ERROR: ReadonlySet<string> = new Set(['credentials_missing', 'scheme_unsupported']);

function bearerError(error: AuthError): (readonly [string, string])[] {
  if (WITHOUT_ERROR.has(error.code)) return [];
  if (BAD_REQUESTS.has(error.code)) return [['error', 'invalid_request']];
  if (error.code !== 'scope_insufficient') return [['error', 'invalid_token']];
  const scopes = error.details.scopes?.join(' ');
  return scopes === undefined
    ? [['error', 'insufficient_scope']]
    : [
        ['error', 'insufficient_scope'],
        ['scope', scopes],
      ];
}
