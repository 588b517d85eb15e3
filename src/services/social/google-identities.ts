import type { Clock } from '../../core/clock.ts';
import { authError, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Claims } from '../../core/principal.ts';
import { secretsEqual } from '../../core/secrets.ts';
import { emailOf, pictureOf, textOf, type SocialIdentity } from '../../providers/social-identity.ts';
import type { ProviderTransport } from '../../providers/transport.ts';
import { jwtVerifier } from '../../tokens/jwt-verifier.ts';
import { remoteJwks } from '../remote-jwks.ts';
import { googleApi, type GoogleEndpoints } from './google-api.ts';

export interface GoogleIdentitiesOptions {
  readonly endpoints: GoogleEndpoints;
  /** The clients whose tokens are accepted: the application's own, and those of its other parts. */
  readonly clientIds: readonly string[];
  /** The one Google Workspace domain whose accounts may sign in; `null` for any account. */
  readonly hostedDomain: string | null;
  readonly transport: ProviderTransport;
  readonly clock: Clock;
}

/** Finds out who a credential of Google stands for. A refusal is `signin_credential_refused`. */
export interface GoogleIdentities {
  /**
   * Verifies an ID token: RS256 by Google's published keys, issuer, audience, authorized party, expiry.
   *
   * @param nonce The one that was sent along; `null` for a token that another part of the application got.
   */
  ofIdToken(idToken: string, nonce: string | null): Promise<SocialIdentity | AuthError>;
  /** Asks Google for which client an access token was made, and then who it stands for. */
  ofAccessToken(accessToken: string): Promise<SocialIdentity | AuthError>;
  /** Who an access token stands for that Google has just handed to this very client. */
  ofOwnAccessToken(accessToken: string): Promise<SocialIdentity | AuthError>;
}

export function googleIdentities(options: GoogleIdentitiesOptions): GoogleIdentities {
  const { endpoints, clientIds, hostedDomain, transport, clock } = options;
  const { issuer } = endpoints;
  const api = googleApi(endpoints, transport);
  const idTokens = jwtVerifier<Claims>({
    keys: remoteJwks({ url: endpoints.jwksUrl, algorithms: 'RS256', transport, clock }),
    typ: 'JWT',
    profile: {
      issuers: issuer === GOOGLE_ISSUER ? [GOOGLE_ISSUER, BARE_GOOGLE_ISSUER] : [issuer],
      audiences: clientIds,
      subjectClaim: 'sub',
      // An ID token has no claim that tells its kind; nonce, audience and the place where it is taken do.
      tokenType: 'any',
      required: [],
      expiryLeewaySeconds: 0,
      clockSkewSeconds: 60,
    },
    clock,
    cacheSize: 0,
    shape: (claims) => claims,
  });

  function identify(claims: Claims): SocialIdentity | AuthError {
    const subject = textOf(claims['sub'], 255);
    if (subject === null) return REFUSED;
    const domain = textOf(claims['hd']);
    // The parameter of the same name only pre-selects an account; anybody can take it out of the address.
    if (hostedDomain !== null && domain !== hostedDomain) return REFUSED;
    const email = emailOf(claims['email']);
    return {
      provider: 'google',
      issuer,
      subject,
      email,
      emailVerified: email !== null && claims['email_verified'] === true,
      name: textOf(claims['name']),
      givenName: textOf(claims['given_name']),
      familyName: textOf(claims['family_name']),
      pictureUrl: pictureOf(claims['picture']),
      hostedDomain: domain,
    };
  }

  async function ofUserInfo(
    accessToken: string,
    subject: string | null,
  ): Promise<SocialIdentity | AuthError> {
    const claims = await api.userInfo(accessToken);
    // OpenID Connect Core section 5.3.4: the subjects must agree, or one person's claims are taken for another's.
    if (claims === null || (subject !== null && claims['sub'] !== subject)) return REFUSED;
    return identify(claims);
  }

  return {
    async ofIdToken(idToken, nonce) {
      const claims = await idTokens.verify(idToken);
      if (isAuthError(claims)) return REFUSED;
      const { azp, aud } = claims as { azp?: unknown; aud: unknown };
      // OpenID Connect Core section 3.1.3.7: a token for several audiences must name the party that asked for it.
      if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : !clientIds.includes(azp as string))
        return REFUSED;
      if (nonce !== null && !isSame(claims['nonce'], nonce)) return REFUSED;
      return identify(claims);
    },
    async ofAccessToken(accessToken) {
      const info = await api.tokenInfo(accessToken);
      if (info === null || !clientIds.includes(info.audience)) return REFUSED;
      return ofUserInfo(accessToken, info.subject);
    },
    ofOwnAccessToken: (accessToken) => ofUserInfo(accessToken, null),
  };
}

const GOOGLE_ISSUER = 'https://accounts.google.com';
/** Google writes its issuer in two ways, and says so; the identity is the same. */
const BARE_GOOGLE_ISSUER = 'accounts.google.com';
const REFUSED = authError('signin_credential_refused');

function isSame(sent: unknown, expected: string): boolean {
  return typeof sent === 'string' && secretsEqual(sent, expected);
}
