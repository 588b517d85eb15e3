import type { KeyObject } from 'node:crypto';
import type { Guard } from '../../core/decision.ts';
import type { Directory, User } from '../../core/directory.ts';
import type { EventSink, OAuthClientEvent } from '../../core/events.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import {
  callback,
  flag,
  implementing,
  integer,
  line,
  listOf,
  nullable,
  oneOf,
  optional,
  parseOptions,
  wrong,
  type Reader,
} from '../../core/options.ts';
import { isScopeToken } from '../../core/scopes.ts';
import { GRANT_TYPES, type OAuthGrantType } from '../../services/oauth-clients/document.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import { keyMaterial, type KeyInput } from '../../tokens/key-material.ts';
import type { KeyRing } from '../../tokens/key-ring.ts';
import type { KeysOption } from '../../tokens/keys-option.ts';
import {
  sessionOptionReaders,
  settleOptions,
  type SessionConfig,
  type SessionSystemOptions,
  type SystemEvent,
} from '../session-options.ts';
import { endpointLimiterOption, limitByAddress, type EndpointLimiter } from './endpoint-limiter.ts';
import type { ApplicationView, InteractionPages } from './interaction.ts';
import { issuerOption, urlOption } from './urls.ts';

/** The host's users and teams. */
export interface OAuthDirectory<U extends User = User> extends Directory<U> {
  /**
   * The team in whose name this user may connect the application, so that its service account acts for the team; `null`
   * when the user may not. Without it nobody may.
   */
  canAuthorizeServiceAccount?(
    user: U,
    application: ApplicationView,
  ): MaybePromise<{ readonly team: string } | null>;
  /** Whether a team exists and may be acted for, besides being one of the application's; asked at client credentials. */
  findTeam?(team: string): MaybePromise<{ readonly active: boolean } | null>;
}

/** What the system tells of. */
export type OAuthEvent = SystemEvent | OAuthClientEvent;

/**
 * Access tokens live 3,600 seconds, refresh tokens 2,592,000 (30 days) from their issue, and a grant has no absolute end
 * by default.
 */
export interface OAuthOptions extends Omit<SessionSystemOptions<User>, 'directory' | 'onEvent'> {
  /** The host's users and service accounts. */
  readonly directory: OAuthDirectory;
  /** The URL of the API, which clients know the server by: `https`, or `http` for a loopback address; no slash at the end. */
  readonly issuer: string;
  /** The URL under which browsers reach the pages; the issuer by default. */
  readonly webAppUrl?: string | undefined;
  /** The pages on which users sign in and decide; `null` where the host has its own, which use `interaction`. */
  readonly pages: InteractionPages | null;
  /** Every scope of the API with what it allows, in words for the user who is asked. */
  readonly scopes: Readonly<Record<string, string>>;
  /** At least 32 bytes; refresh tokens are derived with it and only their hashes are kept. */
  readonly secret: KeyInput;
  /** What access tokens are signed with. It may be left out where they are opaque. */
  readonly keys?: Exclude<KeysOption, { candidates: unknown }> | KeyRing | undefined;
  /** The algorithm of keys that do not name their own; default `HS256`. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** `jwt`, the default, can be verified by whoever has the key; `opaque` is looked up, and introspected by others. */
  readonly accessTokens?: 'jwt' | 'opaque' | undefined;
  /** The `typ` of access tokens; `at+jwt` is RFC 9068 and adds the claim `scope`. Default `JWT`. */
  readonly accessTokenType?: 'JWT' | 'at+jwt' | undefined;
  /** The grant types that the server has; default all four. */
  readonly grants?: readonly OAuthGrantType[] | undefined;
  /** Lifetime of an authorization code, at most 600; default 60. */
  readonly codeSeconds?: number | undefined;
  /** Lifetime of a device code; default 60. */
  readonly deviceCodeSeconds?: number | undefined;
  /** The least time between two polls of a device, at least 5; default 5. */
  readonly deviceIntervalSeconds?: number | undefined;
  /** Whether the answer of the device endpoint names the interval; default false: it is 5 seconds unless told. */
  readonly exposeInterval?: boolean | undefined;
  /** Whether applications with a secret must use PKCE too; default true. Public ones always must. */
  readonly requirePkceForConfidential?: boolean | undefined;
  /** Whether authorization responses name the issuer (RFC 9207); default true. */
  readonly issParameter?: boolean | undefined;
  /** How `token_type` is written; default `bearer`. */
  readonly tokenTypeCase?: 'bearer' | 'Bearer' | undefined;
  /** The status of a token that lacks a scope; default 401. RFC 6750 says 403. */
  readonly insufficientScopeStatus?: 401 | 403 | undefined;
  /** Whether there is a revocation endpoint (RFC 7009); default true. */
  readonly revocation?: boolean | undefined;
  /** Whether there is an introspection endpoint (RFC 7662); default true. */
  readonly introspection?: boolean | undefined;
  /** The URL of the protected API in its own metadata (RFC 9728), which challenges then point to; the issuer by default. */
  readonly resource?: string | undefined;
  /**
   * Bounds requests of the token, device, revocation and introspection endpoints: a guard such as
   * `rateLimit({ name: 'oauth', by: 'address', … })`, or a callback that gives the seconds to wait, or `null` to go on.
   * By default 1,200 requests a minute from one address, counted in the system's own store: a device that polls sends 12,
   * and a server that acts for many users may need more. `null` for none, where something in front of the application
   * bounds them.
   */
  readonly endpointLimiter?: EndpointLimiter | Guard | null | undefined;
  /** The most opaque access tokens that are remembered; default 10,000, and 0 switches it off. */
  readonly cacheSize?: number | undefined;
  /** Is told what other systems tell theirs, and of every edit of applications. */
  readonly onEvent?: EventSink<OAuthEvent> | undefined;
}

/** The options with every default in place, but for the keys, which need the algorithm. */
export interface OAuthConfig extends Omit<SessionConfig<User>, 'directory' | 'onEvent'> {
  readonly directory: OAuthDirectory;
  readonly issuer: string;
  readonly webAppUrl: string;
  readonly pages: InteractionPages | null;
  readonly scopes: ReadonlyMap<string, string>;
  readonly secret: KeyObject;
  readonly keys: unknown;
  readonly algorithm: JwtAlgorithm;
  readonly accessTokens: 'jwt' | 'opaque';
  readonly accessTokenType: 'JWT' | 'at+jwt';
  readonly grants: readonly OAuthGrantType[];
  readonly codeSeconds: number;
  readonly deviceCodeSeconds: number;
  readonly deviceIntervalSeconds: number;
  readonly exposeInterval: boolean;
  readonly requirePkceForConfidential: boolean;
  readonly issParameter: boolean;
  readonly tokenTypeCase: 'bearer' | 'Bearer';
  readonly insufficientScopeStatus: 401 | 403;
  readonly revocation: boolean;
  readonly introspection: boolean;
  readonly resource: string | undefined;
  readonly endpointLimiter: EndpointLimiter | null;
  readonly cacheSize: number;
  readonly onEvent: EventSink<OAuthEvent> | undefined;
}

export const OWNER = 'oauthSystem';

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`. */
export function readOAuthOptions(options: OAuthOptions): OAuthConfig {
  const { webAppUrl, ...config } = parseOptions(OWNER, options, {
    ...sessionOptionReaders<User>({ accessSeconds: 3_600, refreshSeconds: 2_592_000, absoluteSeconds: null }),
    issuer: issuerOption,
    webAppUrl: optional(issuerOption),
    pages: nullable(implementing<InteractionPages>('pages, such as oauthPages(), or null', 'endpoints')),
    scopes: scopesWithWords,
    secret: (value, path) => keyMaterial((value ?? '') as KeyInput, 'HS256', path).verify,
    keys: (value: unknown) => value,
    algorithm: optional(oneOf(...JWT_ALGORITHMS), 'HS256'),
    accessTokens: optional(oneOf('jwt', 'opaque'), 'jwt'),
    accessTokenType: optional(oneOf('JWT', 'at+jwt'), 'JWT'),
    grants: optional(listOf(oneOf(...GRANT_TYPES)), GRANT_TYPES),
    codeSeconds: optional(integer(1, 600), 60),
    deviceCodeSeconds: optional(integer(1, 1_800), 60),
    deviceIntervalSeconds: optional(integer(5, 60), 5),
    exposeInterval: optional(flag, false),
    requirePkceForConfidential: optional(flag, true),
    issParameter: optional(flag, true),
    tokenTypeCase: optional(oneOf('bearer', 'Bearer'), 'bearer'),
    insufficientScopeStatus: optional(oneOf(401, 403), 401),
    revocation: optional(flag, true),
    introspection: optional(flag, true),
    resource: optional(urlOption),
    endpointLimiter: optional(nullable(endpointLimiterOption)),
    cacheSize: optional(integer(0, 10_000_000), 10_000),
    onEvent: optional(callback<EventSink<OAuthEvent>>()),
  });
  const { endpointLimiter = limitByAddress(config) } = config;
  return settleOptions({ ...config, endpointLimiter, webAppUrl: webAppUrl ?? config.issuer });
}

const scopesWithWords: Reader<ReadonlyMap<string, string>> = (value, path) => {
  const must = 'an object with a description for each scope, as in { "reports:read": "Read your reports" }';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, must, value);
  const scopes = Object.entries(value as Record<string, unknown>);
  for (const [scope] of scopes) {
    if (!isScopeToken(scope) || scope.startsWith('team_')) {
      throw wrong(
        path,
        'named by words of printable ASCII without blank, quote or backslash, none of which begins with "team_"',
        value,
      );
    }
  }
  return new Map(scopes.map(([scope, words]) => [scope, line(200)(words, `${path}["${scope}"]`)]));
};
