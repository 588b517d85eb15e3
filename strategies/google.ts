import { Strategy as PassportGoogle } from 'passport-google-oauth20';
import {
  optional,
  parseOptions,
  text,
  listOf,
  type PartialOrUndefined,
  type Reader,
} from '../src/core/options.ts';
import { endpointUrl } from '../src/providers/endpoint-url.ts';
import type { NativeRequest } from '../src/passport/request-view.ts';
import type { SocialIdentity } from '../src/providers/social-identity.ts';
import type { SocialSignIn } from '../src/services/social/contract.ts';
import { GOOGLE_ENDPOINTS, type GoogleEndpoints } from '../src/services/social/google-api.ts';
import { googleIdentities } from '../src/services/social/google-identities.ts';
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
export type { GoogleEndpoints } from '../src/services/social/google-api.ts';
export type { SocialStrategyOptions } from '../src/services/social/options.ts';
export type { SocialAuthenticateOptions, VerifyIdentity } from '../src/services/social/passport-entry.ts';

/** By default `openid`, `email` and `profile` are asked for. */
export interface GoogleOptions extends SocialStrategyOptions {
  /** Client ids of the application's other parts, such as its mobile applications, whose tokens are accepted too. */
  readonly otherClientIds?: readonly string[] | undefined;
  /** The one Google Workspace domain whose accounts may sign in; by default every account may. */
  readonly hostedDomain?: string | undefined;
  /** Where Google is; for tests. Those that are left out are Google's own. */
  readonly endpoints?: PartialOrUndefined<GoogleEndpoints> | undefined;
}

const Upstream = PassportGoogle as unknown as UpstreamClass;

/**
 * Signs in with Google, without sessions: for `jwtPairSystem`, and for `passport.use`. It is passport-google-oauth20
 * with a state that is bound to browser, provider and callback and good once, PKCE, a nonce, a verified ID token, and
 * calls that are bounded in time and size.
 *
 * @param verify Finds the host's user, for Passport; by default the user is the {@link SocialIdentity}.
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`.
 * @see RFC 6749 section 4.1, RFC 7636, RFC 9700, OpenID Connect Core section 3.1
 */
export class GoogleStrategy<U = SocialIdentity> extends Upstream {
  /** What systems sign in with. */
  readonly signIn: SocialSignIn;
  private readonly entry: PassportEntry<U>;

  constructor(options: GoogleOptions, verify?: VerifyIdentity<U>) {
    const config = readOptions(options);
    const { clientId, callbackUrl, endpoints, clock, name, scopes } = config;
    super(
      // A fresh object, since the class writes into it.
      {
        ...UPSTREAM_OPTIONS,
        clientID: clientId,
        clientSecret: config.clientSecret,
        callbackURL: callbackUrl,
        authorizationURL: endpoints.authorizationUrl,
        tokenURL: endpoints.tokenUrl,
        userProfileURL: endpoints.userinfoUrl,
      },
      neverVerify,
    );
    this.name = name;
    const parts = socialStrategyParts(OWNER, config);
    const identities = googleIdentities({
      endpoints,
      clientIds: [clientId, ...config.otherClientIds],
      hostedDomain: config.hostedDomain,
      transport: parts.transport,
      clock,
    });
    this.signIn = socialSignIn({
      provider: 'google',
      issuer: endpoints.issuer,
      callbackUrl,
      ...parts,
      ...upstreamRunner(this, {
        authenticate: Upstream.prototype.authenticate,
        transport: parts.transport,
        scopes,
        hints: config.hostedDomain === null ? {} : { hostedDomain: config.hostedDomain },
        pkce: true,
        nonce: true,
        isAboutCode: ({ error }) => error === 'invalid_grant',
      }),
      // Without the scope openid Google gives no ID token, and the access token has come straight from it.
      identify: ({ idToken, accessToken }, nonce) =>
        idToken === null ? identities.ofOwnAccessToken(accessToken) : identities.ofIdToken(idToken, nonce),
      identifyAccessToken: (accessToken) => identities.ofAccessToken(accessToken),
      identifyIdToken: (idToken) => identities.ofIdToken(idToken, null),
    });
    this.entry = { owner: OWNER, name, signIn: this.signIn, verify };
  }

  /** Passport's entry, for the route that begins the sign-in and for the callback alike. */
  override authenticate(request: NativeRequest, options?: SocialAuthenticateOptions): void {
    authenticateByProvider(this, this.entry, request, options);
  }
}

const OWNER = 'GoogleStrategy';

function readOptions(options: GoogleOptions) {
  return parseOptions(OWNER, options, {
    ...socialOptionReaders({ name: 'google', scopes: ['openid', 'email', 'profile'] }),
    otherClientIds: optional(listOf(text), []),
    hostedDomain: optional(text, null),
    endpoints: endpointsOption,
  });
}

const endpointsOption: Reader<GoogleEndpoints> = (value, path) =>
  parseOptions(path, value ?? {}, {
    authorizationUrl: optional(endpointUrl, GOOGLE_ENDPOINTS.authorizationUrl),
    tokenUrl: optional(endpointUrl, GOOGLE_ENDPOINTS.tokenUrl),
    userinfoUrl: optional(endpointUrl, GOOGLE_ENDPOINTS.userinfoUrl),
    jwksUrl: optional(endpointUrl, GOOGLE_ENDPOINTS.jwksUrl),
    tokeninfoUrl: optional(endpointUrl, GOOGLE_ENDPOINTS.tokeninfoUrl),
    issuer: optional(text, GOOGLE_ENDPOINTS.issuer),
    // Known here so that the same endpoints serve connections; a sign-in revokes nothing.
    revocationUrl: optional(endpointUrl),
  });
