import { Strategy as PassportFacebook } from 'passport-facebook';
import { ConfigError } from '../src/core/errors.ts';
import {
  flag,
  optional,
  parseOptions,
  wrong,
  type PartialOrUndefined,
  type Reader,
} from '../src/core/options.ts';
import type { NativeRequest } from '../src/passport/request-view.ts';
import { actionsOf } from '../src/passport/run-strategy.ts';
import { endpointUrl } from '../src/providers/endpoint-url.ts';
import type { SocialIdentity } from '../src/providers/social-identity.ts';
import type { ProviderObject } from '../src/providers/transport.ts';
import type { SocialSignIn } from '../src/services/social/contract.ts';
import { FACEBOOK_ISSUER, facebookIdentities } from '../src/services/social/facebook-identities.ts';
import {
  socialOptionReaders,
  socialStrategyParts,
  type SocialStrategyOptions,
} from '../src/services/social/options.ts';
import {
  authenticateByProvider,
  type PassportEntry,
  type SocialAuthenticateOptions,
  type VerifyIdentity,
} from '../src/services/social/passport-entry.ts';
import { socialSignIn } from '../src/services/social/sign-in.ts';
import {
  neverVerify,
  UPSTREAM_OPTIONS,
  upstreamRunner,
  type UpstreamClass,
} from '../src/services/social/upstream.ts';

export type { SocialIdentity } from '../src/providers/social-identity.ts';
export type { ProviderFetch, TransportOptions } from '../src/providers/transport.ts';
export type { ProviderGrant } from '../src/services/social/contract.ts';
export type { SocialStrategyOptions } from '../src/services/social/options.ts';
export type { SocialAuthenticateOptions, VerifyIdentity } from '../src/services/social/passport-entry.ts';

/** By default `email` and `public_profile` are asked for. */
export interface FacebookOptions extends SocialStrategyOptions {
  /**
   * Whether people may sign in with Facebook; default false, since Facebook does not say whether it has verified an
   * e-mail address, and many hosts have an application there for connections alone.
   */
  readonly login?: boolean | undefined;
  /** The version of the Graph API, such as `v24.0`. There is no default: each version ends two years after it began. */
  readonly graphVersion: string;
  /** Where Facebook is; for tests. Those that are left out are Facebook's own. */
  readonly endpoints?: PartialOrUndefined<FacebookEndpoints> | undefined;
}

/** Where Facebook is, for tests and for a proxy in front of it. */
export interface FacebookEndpoints {
  readonly authorizationUrl: string;
  /** The base of all calls of the Graph API, without the version. */
  readonly graphUrl: string;
}

const Upstream = PassportFacebook as unknown as UpstreamClass;

/**
 * Signs in with Facebook, without sessions: for `jwtPairSystem`, and for `passport.use`. It is passport-facebook with a
 * state that is bound to browser, provider and callback and good once, calls that are bounded in time and size, tokens in
 * headers, and a proof of the application's secret on each call.
 *
 * @param verify Finds the host's user, for Passport; by default the user is the {@link SocialIdentity}.
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`.
 * @see RFC 6749 section 4.1, RFC 9700
 */
export class FacebookStrategy<U = SocialIdentity> extends Upstream {
  /** What systems sign in with; `null` unless `login` is true. */
  readonly signIn: SocialSignIn | null;
  private readonly entry: PassportEntry<U> | null;

  constructor(options: FacebookOptions, verify?: VerifyIdentity<U>) {
    const config = readOptions(options);
    const { clientId, clientSecret, callbackUrl, graphVersion, endpoints, clock, name, scopes } = config;
    const graphUrl = `${endpoints.graphUrl}/${graphVersion}`;
    super(
      // A fresh object, since the class writes into it.
      {
        ...UPSTREAM_OPTIONS,
        clientID: clientId,
        clientSecret,
        callbackURL: callbackUrl,
        graphAPIVersion: graphVersion,
        authorizationURL:
          endpoints.authorizationUrl ?? `https://www.facebook.com/${graphVersion}/dialog/oauth`,
        tokenURL: `${graphUrl}/oauth/access_token`,
        profileURL: `${graphUrl}/me`,
      },
      neverVerify,
    );
    this.name = name;
    const parts = socialStrategyParts(OWNER, config);
    const { transport } = parts;
    const identities = facebookIdentities({ graphUrl, clientId, clientSecret, transport, clock });
    const signIn = socialSignIn({
      provider: 'facebook',
      issuer: FACEBOOK_ISSUER,
      callbackUrl,
      ...parts,
      ...upstreamRunner(this, {
        authenticate: Upstream.prototype.authenticate,
        transport,
        scopes,
        hints: {},
        // Documented for its OpenID Connect flow alone; the exchange here needs the application's secret.
        pkce: false,
        nonce: false,
        isAboutCode,
      }),
      identify: ({ accessToken }) => identities.ofOwnAccessToken(accessToken),
      identifyAccessToken: (accessToken) => identities.ofAccessToken(accessToken),
    });
    this.signIn = config.login ? signIn : null;
    this.entry = config.login ? { owner: OWNER, name, signIn, verify } : null;
  }

  /** Passport's entry, for the route that begins the sign-in and for the callback alike. */
  override authenticate(request: NativeRequest, options?: SocialAuthenticateOptions): void {
    if (this.entry !== null) authenticateByProvider(this, this.entry, request, options);
    else actionsOf(this).error(SWITCHED_OFF);
  }
}

const OWNER = 'FacebookStrategy';

const SWITCHED_OFF = new ConfigError(
  'option_missing',
  `${OWNER}.login is not true, so that nobody can sign in with Facebook. Write login: true if that is meant.`,
);

/** The code has expired, was given for another redirect address, or has been used. */
const CODE_SUBCODES: ReadonlySet<unknown> = new Set([36_007, 36_008, 36_009]);

function isAboutCode({ error }: ProviderObject): boolean {
  // Code 100 alone also stands for a wrong redirect address, which is the host's mistake.
  const { error_subcode: subcode } = (typeof error === 'object' ? (error ?? {}) : {}) as {
    error_subcode?: unknown;
  };
  return CODE_SUBCODES.has(subcode);
}

function readOptions(options: FacebookOptions) {
  return parseOptions(OWNER, options, {
    ...socialOptionReaders({ name: 'facebook', scopes: ['email', 'public_profile'] }),
    login: optional(flag, false),
    graphVersion: graphVersionOption,
    endpoints: endpointsOption,
  });
}

const graphVersionOption: Reader<string> = (value, path) => {
  if (typeof value === 'string' && /^v\d{1,3}\.\d$/.test(value)) return value;
  throw wrong(path, 'a version of the Graph API, such as "v24.0"', value);
};

const endpointsOption: Reader<{
  readonly authorizationUrl: string | undefined;
  readonly graphUrl: string;
}> = (value, path) =>
  parseOptions(path, value ?? {}, {
    authorizationUrl: optional(endpointUrl),
    graphUrl: optional(endpointUrl, 'https://graph.facebook.com'),
  });
