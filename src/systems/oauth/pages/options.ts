import { ConfigError } from '../../../core/errors.ts';
import { flag, integer, listOf, optional, parseOptions, wrong, type Reader } from '../../../core/options.ts';
import type { SealingKeys } from '../../../core/sealing.ts';
import { INTERACTION_SECONDS } from '../../../services/interactions.ts';
import { pageLookShape, type PageLook } from '../../page.ts';

export interface OAuthPagesOptions extends PageLook {
  /** Seal the pages' cookie: 32 random bytes that are the host's; all processes have the same. */
  readonly sealing: SealingKeys;
  /**
   * How long a sign-in counts for further applications and devices in the same browser; default 0, so that it counts for
   * the one request that it was made for, and at most 600. A host that has sessions of its own writes its own pages.
   */
  readonly rememberSignInSeconds?: number | undefined;
  /**
   * Origins that the redirect URIs of applications redirect on to, such as `https://app.example`, or `https:` for any.
   * Chromium lets a form lead only to addresses that its page has named, through every redirect; a redirect URI's own
   * origin is always named.
   */
  readonly onwardOrigins?: readonly string[] | undefined;
  /** Lets the pages stand under `http://localhost` and its like, for development; their cookie is then not `Secure`. */
  readonly dangerouslyAllowPlainHttp?: boolean | undefined;
}

/** The options with every default in place; the keys are read where they are used. */
export interface OAuthPagesConfig {
  readonly name: string | undefined;
  readonly accentColor: string;
  readonly logo: string | undefined;
  readonly sealing: SealingKeys;
  readonly rememberSignInSeconds: number;
  readonly onwardOrigins: readonly string[];
  readonly dangerouslyAllowPlainHttp: boolean;
}

export function readOAuthPagesOptions(options: OAuthPagesOptions): OAuthPagesConfig {
  return parseOptions('oauthPages', options, {
    ...pageLookShape,
    sealing: ((value, path) => {
      if (value === undefined) throw wrong(path, 'the keys, as { primary: key }', value);
      return value;
    }) as Reader<SealingKeys>,
    rememberSignInSeconds: optional(integer(0, INTERACTION_SECONDS), 0),
    onwardOrigins: optional(listOf(onwardOrigin), []),
    dangerouslyAllowPlainHttp: optional(flag, false),
  });
}

/** A source of a policy is not escaped there, so nothing but an origin or `https:` may become one. */
const onwardOrigin: Reader<string> = (value, path) => {
  if (value === 'https:') return value;
  if (typeof value === 'string' && /^https?:\/\/[a-z0-9.-]+(?::\d+)?$/.test(value)) return value;
  throw new ConfigError(
    'option_invalid',
    `${path} must be an origin such as "https://app.example", without a path, or "https:" for any.`,
  );
};
