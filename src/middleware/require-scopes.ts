import { allow, deny, type Guard } from '../core/decision.ts';
import { authError, ConfigError } from '../core/errors.ts';
import { isScopeToken } from '../core/scopes.ts';

/**
 * Lets a request pass only if its principal has every one of the scopes.
 *
 * @param scopes One or more scopes, each of RFC 6749 section 3.3 characters; all are required.
 * @returns A guard that refuses with `scope_insufficient`, and with `credentials_missing` when nobody is signed in.
 * @throws {@link ConfigError} `option_missing` without a scope, `option_invalid` for a scope with other characters.
 * @see RFC 6750 section 3.1 (`insufficient_scope`)
 */
export function requireScopes(...scopes: [string, ...string[]]): Guard {
  if (scopes.length === 0) {
    throw new ConfigError(
      'option_missing',
      'requireScopes: name at least one scope; leave the guard out if none is needed.',
    );
  }
  for (const scope of scopes) {
    if (typeof scope !== 'string' || !isScopeToken(scope)) {
      throw new ConfigError(
        'option_invalid',
        'requireScopes: a scope is a word of printable ASCII without blank, quote or backslash; give several as several arguments.',
      );
    }
  }
  const required = Object.freeze([...new Set(scopes)]);
  const refusal = authError('scope_insufficient', { scopes: required });

  return {
    name: 'require_scopes',
    decide(_exchange, principal) {
      if (principal === null) return deny(authError('credentials_missing'));
      const { scopes: granted } = principal;
      // A host in plain JavaScript may give a text, in which a scope would be found as a part of another.
      const isEnough = Array.isArray(granted) && required.every((scope) => granted.includes(scope));
      return isEnough ? allow(principal) : deny(refusal);
    },
    describe: () => ({ guard: 'require_scopes', scopes: required }),
  };
}
