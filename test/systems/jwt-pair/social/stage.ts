import { afterEach } from 'vitest';
import { FacebookStrategy, type FacebookOptions } from '../../../../strategies/facebook.ts';
import { GoogleStrategy, type GoogleOptions } from '../../../../strategies/google.ts';
import type { SystemEvent } from '../../../../src/systems/session-options.ts';
import {
  jwtPairSystem,
  type JwtPairOptions,
  type JwtPairSocialOptions,
  type JwtPairSystem,
} from '../../../../src/systems/jwt-pair/system.ts';
import {
  fakeDirectory,
  type FacebookAccount,
  type FakeDirectory,
  type FakeUser,
  type GoogleAccount,
} from '../../../../src/testing/kit.ts';
import { stopHostsAfterEach } from '../../../support/frameworks.ts';
import {
  cookieClient,
  listenKnowing,
  startProviders,
  stopProvidersAfterEach,
  type CookieClient,
  type ProviderStage,
} from '../../../support/providers.ts';
import { SECRET } from '../stage.ts';
import { NODE_HOST, type JwtPairHost } from '../hosts.ts';

export type Provider = 'google' | 'facebook';
export const PROVIDERS: readonly Provider[] = ['google', 'facebook'];

/** The page of the host's front end that sign-ins may end at, and one on the host itself. */
export const APP_URI = 'https://app.example/signed-in';
export const PAGE_URI = '/welcome?from=login';

/** A running host on which people sign in with both providers. */
export interface SocialStage extends ProviderStage {
  readonly port: number;
  readonly system: JwtPairSystem;
  readonly directory: FakeDirectory;
  /** The user whose accounts at both providers are linked. */
  readonly ada: FakeUser;
  readonly events: readonly SystemEvent[];
  /** A program or a browser, with cookies of its own. */
  client(): CookieClient;
  /** Links the first account of a provider to a user. */
  link(provider: Provider, user: FakeUser): void;
}

export interface SocialStageOptions {
  readonly host?: JwtPairHost | undefined;
  readonly system?: Partial<JwtPairOptions> | undefined;
  readonly social?: Partial<JwtPairSocialOptions> | undefined;
  readonly google?: Partial<GoogleOptions> | undefined;
  readonly facebook?: Partial<FacebookOptions> | undefined;
  readonly accounts?: {
    readonly google?: readonly GoogleAccount[];
    readonly facebook?: readonly FacebookAccount[];
  };
  /** Whether ada's accounts are linked; default true. */
  readonly linked?: boolean | undefined;
}

const systems: JwtPairSystem[] = [];

/** Stops what the tests of a file start; a test file calls it once. */
export function stopSocialStagesAfterEach(): void {
  stopHostsAfterEach();
  stopProvidersAfterEach();
  afterEach(async () => {
    await Promise.all(systems.splice(0).map((system) => system.close()));
  });
}

export async function startSocialStage(options: SocialStageOptions = {}): Promise<SocialStage> {
  const { host = NODE_HOST, accounts = {}, linked = true } = options;
  const providers = await startProviders({
    ...(accounts.google === undefined ? {} : { google: { accounts: accounts.google } }),
    ...(accounts.facebook === undefined ? {} : { facebook: { accounts: accounts.facebook } }),
  });
  const { clock, store, google, facebook } = providers;
  const directory = fakeDirectory([{ email: 'ada@example.com', firstName: 'Ada', lastName: 'L.' }]);
  const ada = directory.users[0] as FakeUser;
  const events: SystemEvent[] = [];
  let system: JwtPairSystem | undefined;
  const { port } = await listenKnowing((own) => {
    const of = (provider: Provider): string => `/api/v1/auth/${provider}/callback/`;
    system = jwtPairSystem({
      store,
      directory,
      keys: SECRET,
      clock,
      onEvent: (event) => events.push(event),
      ...options.system,
      social: {
        strategies: [
          new GoogleStrategy({ ...providers.googleOptions(own, of('google')), ...options.google }),
          new FacebookStrategy({ ...providers.facebookOptions(own, of('facebook')), ...options.facebook }),
        ],
        directory,
        redirectUris: [APP_URI, PAGE_URI],
        ...options.social,
      },
    });
    systems.push(system);
    return host.listener(system, { further: [], onEvent: () => undefined });
  });

  const stage: SocialStage = {
    ...providers,
    port,
    system: system as unknown as JwtPairSystem,
    directory,
    ada,
    events,
    client: () => cookieClient(port),
    link(provider, user) {
      const [issuer, account] =
        provider === 'google'
          ? [google.endpoints.issuer, google.accounts[0]]
          : ['https://www.facebook.com', facebook.accounts[0]];
      user.identities.add(`${issuer} ${account?.id}`);
    },
  };
  if (linked) for (const provider of PROVIDERS) stage.link(provider, ada);
  return stage;
}

/** What is told of ada. */
export const ADA = { pk: '1', email: 'ada@example.com', first_name: 'Ada', last_name: 'L.' };

export const pathOf = (provider: Provider, rest: string = ''): string => `/api/v1/auth/${provider}/${rest}`;

/** Begins at the host's GET and consents at the provider: the code and the state that a client then has. */
export async function codeAndState(
  stage: SocialStage,
  provider: Provider,
  client: CookieClient,
): Promise<{ readonly code: string; readonly state: string }> {
  const answer = await client.get(`${pathOf(provider)}?redirect_uri=${encodeURIComponent(APP_URI)}`);
  const { authorization_url: url } = answer.json() as { authorization_url: string };
  const { searchParams } = new URL(stage[provider].consent(url));
  return { code: searchParams.get('code') ?? '', state: searchParams.get('state') ?? '' };
}
