import { text, wrong, type Reader } from '../../core/options.ts';

/** A URL that clients compare by its characters (RFC 8414 section 2): no query, no fragment, no slash at the end. */
export const issuerOption: Reader<string> = (value, path) => {
  const url = text(value, path);
  if (isWebUrl(url) && !/[?#]/.test(url) && !url.endsWith('/')) return url;
  throw wrong(
    path,
    'a URL with https, or with http and a loopback address, that has no slash at its end',
    value,
  );
};

/** A URL with https, or with http and a loopback address. */
export const urlOption: Reader<string> = (value, path) => {
  const url = text(value, path);
  if (isWebUrl(url) && !url.includes('#')) return url;
  throw wrong(path, 'a URL with https, or with http and a loopback address', value);
};

function isWebUrl(written: string): boolean {
  const url = URL.parse(written);
  if (url === null || url.username !== '' || url.password !== '' || !/^[\x21-\x7e]+$/.test(written))
    return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

/** The path of a well-known document: its name goes between the host and the path of the URL (RFC 8414 section 3.1). */
export function wellKnownPath(name: string, url: string): string {
  const { pathname } = new URL(url);
  return `/.well-known/${name}${pathname === '/' ? '' : pathname.replace(/\/$/, '')}`;
}

/** The URL of a well-known document. */
export function wellKnownUrl(name: string, url: string): string {
  return new URL(url).origin + wellKnownPath(name, url);
}

/** Adds parameters to a URI as they stand in a query, behind those that it has. */
export function withParameters(
  uri: string,
  parameters: readonly (readonly [name: string, value: string])[],
): string {
  const query = parameters.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  const joint = !uri.includes('?') ? '?' : /[?&]$/.test(uri) ? '' : '&';
  return `${uri}${joint}${query}`;
}
