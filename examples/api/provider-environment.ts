import { SetupError } from './setup-error.ts';

/** What the environment variables say of Google and Facebook. */
export interface ProviderEnvironment {
  readonly google: GoogleAccess | null;
  readonly facebook: FacebookAccess | null;
  /** Whether people whom nobody knows may sign up by a provider. */
  readonly signUp: boolean;
  /** Where a sign-in may end besides the host's own page. */
  readonly redirectUris: readonly string[];
}

export interface GoogleAccess {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where Google is, as far as it is somewhere else than usual. */
  readonly endpoints: Readonly<Record<string, string>>;
}

export interface FacebookAccess {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly graphVersion: string;
  /** Whether people may sign in with it. */
  readonly login: boolean;
  readonly endpoints: Readonly<Record<string, string>>;
}

/** Reads `GOOGLE_*`, `FACEBOOK_*` and `SOCIAL_*`. @throws SetupError when one of them cannot be used. */
export function readProviders(variables: NodeJS.ProcessEnv): ProviderEnvironment {
  const given = (names: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(names).flatMap(([option, name]) => {
        const value = variables[name] || undefined;
        return value === undefined ? [] : [[option, value]];
      }),
    );
  const google = credentials('GOOGLE', variables);
  const facebook = credentials('FACEBOOK', variables);
  return {
    google: google && {
      ...google,
      endpoints: given({
        authorizationUrl: 'GOOGLE_AUTHORIZATION_URL',
        tokenUrl: 'GOOGLE_TOKEN_URL',
        userinfoUrl: 'GOOGLE_USERINFO_URL',
        jwksUrl: 'GOOGLE_JWKS_URL',
        tokeninfoUrl: 'GOOGLE_TOKENINFO_URL',
        revocationUrl: 'GOOGLE_REVOCATION_URL',
        issuer: 'GOOGLE_ISSUER',
      }),
    },
    facebook: facebook && {
      ...facebook,
      graphVersion: variables['FACEBOOK_GRAPH_VERSION'] || 'v24.0',
      login: flag('FACEBOOK_LOGIN', variables),
      endpoints: given({
        authorizationUrl: 'FACEBOOK_AUTHORIZATION_URL',
        graphUrl: 'FACEBOOK_GRAPH_URL',
      }),
    },
    signUp: flag('SOCIAL_SIGNUP', variables),
    redirectUris: (variables['SOCIAL_REDIRECT_URIS'] || '')
      .split(',')
      .map((uri) => uri.trim())
      .filter((uri) => uri !== ''),
  };
}

function credentials(
  prefix: string,
  variables: NodeJS.ProcessEnv,
): { readonly clientId: string; readonly clientSecret: string } | null {
  const [id, secret] = [variables[`${prefix}_CLIENT_ID`], variables[`${prefix}_CLIENT_SECRET`]];
  if (!id && !secret) return null;
  if (id && secret) return { clientId: id, clientSecret: secret };
  throw new SetupError(
    `${prefix}_CLIENT_ID and ${prefix}_CLIENT_SECRET belong together; one of them is missing.`,
  );
}

function flag(name: string, variables: NodeJS.ProcessEnv): boolean {
  const value = variables[name] || '0';
  if (value === '0' || value === '1') return value === '1';
  throw new SetupError(`${name} must be 0 or 1, not "${value}".`);
}
