import { listOf, text, wrong, type Reader } from './options.ts';

/** `scope-token` of RFC 6749 section 3.3. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Whether a text is one scope. */
export function isScopeToken(scope: string): boolean {
  return SCOPE_TOKEN.test(scope);
}

/**
 * Reads a list of scopes as it stands in a request: words with one blank between them. Their order means nothing, and
 * one that comes again counts once.
 *
 * @returns `null` for a text of another form.
 */
export function parseScope(scope: string): readonly string[] | null {
  const scopes = scope.split(' ');
  return scopes.every(isScopeToken) ? [...new Set(scopes)] : null;
}

/** Whether two lists hold the same scopes, in whatever order; neither holds one twice. */
export function sameScopes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((scope) => b.includes(scope));
}

/** Whether all of these scopes are among those. */
export function areWithin(scopes: readonly string[], others: readonly string[]): boolean {
  return scopes.every((scope) => others.includes(scope));
}

/** Reads an option that is a list of scopes, which may be empty. */
export const scopesOption: Reader<readonly string[]> = (value, path) =>
  Array.isArray(value) && value.length === 0 ? [] : [...new Set(listOf(scopeOption)(value, path))];

const scopeOption: Reader<string> = (value, path) => {
  const scope = text(value, path);
  if (isScopeToken(scope)) return scope;
  throw wrong(path, 'a word of printable ASCII without blank, quote or backslash', value);
};
