import { text, wrong, type Reader } from '../../core/options.ts';

/**
 * Finds the registered redirect URI that a request may use. Comparison is by characters; only the port of a loopback
 * address is free, since an application on the user's own device gets the one that is (RFC 8252 section 7.3).
 *
 * @param asked The parameter of the request; `undefined` when it has none, which is enough where one URI is registered.
 * @returns `null` when there is none, or no single one.
 */
export function matchRedirectUri(registered: readonly string[], asked: string | undefined): string | null {
  if (asked === undefined) return registered.length === 1 ? (registered[0] as string) : null;
  if (registered.includes(asked)) return asked;
  const loopback = withoutPort(asked);
  if (loopback === null) return null;
  return registered.some((each) => withoutPort(each) === loopback) ? asked : null;
}

/** Where a browser ends up, in the words that people compare: the host and port, or the scheme of an application. */
export function redirectTargetOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri);
  return host === '' ? protocol.slice(0, -1) : host;
}

/**
 * Reads an option that is a redirect URI: `https`, `http` for a loopback address alone, or the reversed domain name of an
 * application as the scheme (RFC 8252 section 7.1).
 */
export const redirectUriOption: Reader<string> = (value, path) => {
  const uri = text(value, path);
  if (PRINTABLE.test(uri) && !uri.includes('#') && !uri.includes('*') && hasSafeScheme(uri)) return uri;
  throw wrong(
    path,
    'an absolute URI with https, with http and a loopback address, or with a scheme such as com.example.app, ' +
      'without a fragment and without a wildcard',
    value,
  );
};

const PRINTABLE = /^[\x21-\x7e]{1,2000}$/;

function hasSafeScheme(uri: string): boolean {
  const url = URL.parse(uri);
  if (url === null || url.username !== '' || url.password !== '') return false;
  // As it stands, and not as a parser mends it: it is compared by its characters.
  if (url.protocol === 'https:') return uri.startsWith('https://') && url.host !== '';
  if (url.protocol === 'http:') return withoutPort(uri) !== null || LOCALHOST.test(uri);
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\//.test(uri);
}

const LOCALHOST = /^http:\/\/localhost(?::\d{1,5})?(?:[/?]|$)/;
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?((?:[/?].*)?)$/;

/** A loopback URI with its port cut out; `null` for any other URI, and for a port that is none. */
function withoutPort(uri: string): string | null {
  const match = LOOPBACK.exec(uri);
  if (match === null) return null;
  const [, origin, port, rest] = match as unknown as [string, string, string | undefined, string];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return null;
  return `${origin}${rest}`;
}
