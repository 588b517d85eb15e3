import { withDeadlines } from '../../core/deadline.ts';
import { ConfigError } from '../../core/errors.ts';
import { implementing, optional, parseOptions, text, wrong, type Reader } from '../../core/options.ts';
import { isEndpointUrl } from '../../providers/endpoint-url.ts';
import type { SocialSignIn } from '../../services/social/contract.ts';
import type { SocialDirectory } from '../../services/social/directory.ts';
import { readUser } from '../session-options.ts';

/** What people sign in with at `/api/v1/auth/`, and where they may go then. */
export interface JwtPairSocialOptions {
  /** A `GoogleStrategy`, a `FacebookStrategy`, both, or none. One that is not for login has no paths: they are 404. */
  readonly strategies: readonly SocialStrategyLike[];
  /** Finds, links and signs up the users of identities. */
  readonly directory: SocialDirectory;
  /**
   * The addresses that a sign-in may end at, compared character by character; none by default. An absolute address is
   * for a page or an application that gets a code; a path, which begins with one slash, for a page of this very host.
   */
  readonly redirectUris?: readonly string[] | undefined;
  /**
   * The `redirect_uri` under which clients of the host get codes by themselves, such as Google's `postmessage`. Absent,
   * a code without the state of a sign-in that began here is refused.
   */
  readonly clientRedirectUri?: string | undefined;
}

/** The part of a strategy that a system works with. */
export interface SocialStrategyLike {
  readonly signIn: SocialSignIn | null;
}

export interface JwtPairSocialConfig {
  readonly signIns: readonly SocialSignIn[];
  readonly directory: SocialDirectory;
  readonly redirectUris: ReadonlySet<string>;
  readonly clientRedirectUri: string | undefined;
}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`. */
export const readSocialOptions: Reader<JwtPairSocialConfig> = (value, path) => {
  const { strategies, redirectUris, ...config } = parseOptions(path, value, {
    strategies: readStrategies,
    directory: implementing<SocialDirectory>(
      'a directory for sign-in at providers',
      'findSocial',
      'findByEmail',
      'profileOf',
    ),
    redirectUris: optional(readRedirectUris, []),
    clientRedirectUri: optional(text),
  });
  const signIns = strategies.flatMap(({ signIn }) => (signIn === null ? [] : [signIn]));
  const providers = signIns.map(({ provider }) => provider);
  const twice = providers.find((provider, index) => providers.indexOf(provider) !== index);
  if (twice !== undefined) {
    throw new ConfigError(
      'option_conflict',
      `${path}.strategies has two strategies for ${twice}, which share its paths. Give one of them.`,
    );
  }
  return { ...config, signIns, redirectUris: new Set(redirectUris) };
};

/** The same options, with every method of the directory bounded in time, and its users checked. */
export function boundSocialDirectory(config: JwtPairSocialConfig, deadlineMs: number): JwtPairSocialConfig {
  const checks = { findSocial: readUser, linkSocial: readUser };
  return { ...config, directory: withDeadlines(config.directory, deadlineMs, 'social.directory', checks) };
}

const readStrategies: Reader<readonly SocialStrategyLike[]> = (value, path) => {
  if (!Array.isArray(value))
    throw wrong(path, 'a list of strategies, such as new GoogleStrategy({ … })', value);
  return value.map((strategy: unknown, index) => {
    const { signIn } = (strategy ?? {}) as Partial<SocialStrategyLike>;
    if (signIn !== undefined) return { signIn };
    throw wrong(`${path}[${index}]`, 'a GoogleStrategy or a FacebookStrategy', strategy);
  });
};

const readRedirectUris: Reader<readonly string[]> = (value, path) => {
  if (!Array.isArray(value)) throw wrong(path, 'a list of addresses', value);
  return value.map((uri: unknown, index) => {
    if (typeof uri === 'string' && (isPath(uri) || isEndpointUrl(uri) || isPrivateUse(uri))) return uri;
    throw wrong(
      `${path}[${index}]`,
      'an https address or a path without a fragment, or an address whose scheme is a domain of yours, backwards',
      uri,
    );
  });
};

/** A path of this host; browsers take a second slash or a backslash for the beginning of another host. */
function isPath(uri: string): boolean {
  return /^\/(?![/\\])[\x21-\x7E]*$/.test(uri) && !/[\\#]/.test(uri);
}

/** The scheme of an application on somebody's own device (RFC 8252 section 7.1). */
function isPrivateUse(uri: string): boolean {
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:[\x21-\x7E]*$/.test(uri) && !uri.includes('#');
}
