import { ConfigError } from '../../core/errors.ts';
import {
  flag,
  line,
  listOf,
  oneOf,
  optional,
  parseOptions,
  text,
  wrong,
  type PartialOrUndefined,
  type Reader,
} from '../../core/options.ts';
import { isScopeToken, scopesOption } from '../../core/scopes.ts';
import { GRANT_TYPES, type ClientDocument, type OAuthClient, type OAuthGrantType } from './document.ts';
import { redirectUriOption } from './redirect-uris.ts';

/** What an application is made with. */
export interface NewOAuthClient {
  /** Its id, 1 to 100 letters, digits, `-`, `.`, `_` and `~`; by default one is made. */
  readonly clientId?: string | undefined;
  /** At most 100 characters on one line; people read it when they are asked for consent. */
  readonly name: string;
  /** Who stands behind it: at most 100 characters on one line. */
  readonly owner: string;
  readonly type: OAuthClient['type'];
  readonly grants: readonly OAuthGrantType[];
  /** What it may ask for; nothing by default. Scopes that begin with `team_` stand for teams, see `teams`. */
  readonly scopes?: readonly string[] | undefined;
  /** Where users may be sent back to, compared exactly; only the port of a loopback address is free. */
  readonly redirectUris?: readonly string[] | undefined;
  /** Whether users let a service account act instead of themselves; default false. */
  readonly serviceAccount?: boolean | undefined;
  /** The teams for which it may get tokens by client credentials, by the scope `team_<id>`; none by default. */
  readonly teams?: readonly string[] | undefined;
  /** Whether it may introspect the tokens of other applications; default false. */
  readonly introspectsAll?: boolean | undefined;
}

/** What of an application can be changed; what is left out stays as it is. */
export type OAuthClientChanges = PartialOrUndefined<Omit<NewOAuthClient, 'clientId' | 'type'>>;

type Settings = Omit<ClientDocument, 'createdAt' | 'disabledAt' | 'endedAt' | 'secrets'>;

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`. */
export function readNewClient(client: NewOAuthClient): Settings & { readonly clientId: string | undefined } {
  const { clientId, ...read } = parseOptions('oauthClients.create', client, {
    ...CHANGES,
    clientId: optional(clientIdOption),
    name: line(100),
    owner: line(100),
    type: oneOf('confidential', 'public'),
    grants: grantsOption,
  });
  const settings: Settings = {
    name: read.name,
    owner: read.owner,
    type: read.type,
    grants: read.grants,
    scopes: read.scopes ?? [],
    redirectUris: read.redirectUris ?? [],
    serviceAccount: read.serviceAccount ?? false,
    teams: read.teams ?? [],
    introspectsAll: read.introspectsAll ?? false,
  };
  refuseConflicts('oauthClients.create', settings);
  return { clientId, ...settings };
}

/** @throws {@link ConfigError} `option_unknown`, `option_invalid`. */
export function readClientChanges(changes: OAuthClientChanges): Partial<Settings> {
  const parsed = parseOptions('oauthClients.update', changes, CHANGES);
  return Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== undefined));
}

/** Refuses what no application may be. */
export function refuseConflicts(owner: string, settings: Settings): void {
  const { type, grants, redirectUris, serviceAccount, teams, introspectsAll } = settings;
  const conflict = (sentence: string): ConfigError =>
    new ConfigError('option_conflict', `${owner}: ${sentence}`);
  const hasCode = grants.includes('authorization_code');
  if (type === 'public' && grants.includes('client_credentials')) {
    throw conflict(
      'a public application has no secret, and so no client_credentials. Make a confidential one.',
    );
  }
  if (type === 'public' && (serviceAccount || introspectsAll)) {
    throw conflict('service accounts and introspection are for confidential applications.');
  }
  if (hasCode && redirectUris.length === 0) {
    throw conflict('the grant authorization_code needs at least one of redirectUris.');
  }
  if (serviceAccount && !hasCode) {
    throw conflict('a service account comes from the grant authorization_code; enable it.');
  }
  if (teams.length > 0 && !grants.includes('client_credentials')) {
    throw conflict('teams are for the grant client_credentials; enable it.');
  }
}

const clientIdOption: Reader<string> = (value, path) => {
  const id = text(value, path);
  if (/^[A-Za-z0-9._~-]{1,100}$/.test(id)) return id;
  throw wrong(path, '1 to 100 letters, digits, "-", ".", "_" and "~"', value);
};

const grantsOption: Reader<readonly OAuthGrantType[]> = (value, path) => [
  ...new Set(listOf(oneOf(...GRANT_TYPES))(value, path)),
];

const appScopesOption: Reader<readonly string[]> = (value, path) => {
  const scopes = scopesOption(value, path);
  if (!scopes.some((scope) => scope.startsWith('team_'))) return scopes;
  throw wrong(path, 'without scopes that begin with "team_", which are written as teams', value);
};

/** The id of a team, which a scope may name. */
export const teamOption: Reader<string> = (value, path) => {
  const team = text(value, path);
  if (isScopeToken(team) && team.length <= 200) return team;
  throw wrong(path, 'the id of a team, a word of printable ASCII without blank, quote or backslash', value);
};

/** A list that may be empty. */
function anyOf(read: Reader<string>): Reader<readonly string[]> {
  return (value, path) =>
    Array.isArray(value) && value.length === 0 ? [] : [...new Set(listOf(read)(value, path))];
}

const CHANGES = {
  name: optional(line(100)),
  owner: optional(line(100)),
  grants: optional(grantsOption),
  scopes: optional(appScopesOption),
  redirectUris: optional(anyOf(redirectUriOption)),
  serviceAccount: optional(flag),
  teams: optional(anyOf(teamOption)),
  introspectsAll: optional(flag),
};
