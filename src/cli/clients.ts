import type {
  IssuedOAuthClient,
  OAuthClient,
  OAuthClientChanges,
  OAuthClients,
  OAuthGrantType,
} from '../services/oauth-clients.ts';
import { durationSeconds, listOption, optionalOption, requiredOption, requiredWord } from './arguments.ts';
import type { Answer, Call, StoreCommand } from './command.ts';
import type { CliConfig } from './config.ts';
import { done, moment, refused, table } from './output.ts';
import { moreText, PAGE_OPTIONS, pageAsked } from './paging.ts';
import { UsageError } from './usage-error.ts';

export const clientCommands: readonly StoreCommand[] = [
  {
    name: 'clients create',
    summary: 'Makes an OAuth application and prints its id and its secret, this once.',
    usage:
      '--name TEXT --owner TEXT --grant (code|refresh|client-credentials|device) ... [--public] [--scope SCOPE ...] ' +
      '[--redirect-uri URI ...] [--team ID ...] [--service-account] [--introspects-all] [--id ID]',
    examples: [
      'portcullis clients create --name "Research Sync" --owner "Acme Ltd" --grant code --grant refresh --scope rest_api:read --redirect-uri https://app.example.com/callback',
      'portcullis clients create --name "Nightly export" --owner "Acme Ltd" --grant client-credentials --scope rest_api:read --team 65df73',
    ],
    options: {
      name: { type: 'string' },
      owner: { type: 'string' },
      grant: { type: 'string', multiple: true },
      public: { type: 'boolean' },
      scope: { type: 'string', multiple: true },
      'redirect-uri': { type: 'string', multiple: true },
      team: { type: 'string', multiple: true },
      'service-account': { type: 'boolean' },
      'introspects-all': { type: 'boolean' },
      id: { type: 'string' },
    },
    run: create,
  },
  {
    name: 'clients list',
    summary: 'Lists the OAuth applications, a page at a time.',
    usage: '[--after ID] [--limit N]',
    examples: ['portcullis clients list', 'portcullis clients list --json'],
    options: PAGE_OPTIONS,
    run: list,
  },
  {
    name: 'clients update',
    summary: 'Changes what is given of an OAuth application; a list replaces the whole of the earlier one.',
    usage:
      'CLIENTID [--name TEXT] [--owner TEXT] [--grant GRANT ...] [--scope SCOPE ...] [--redirect-uri URI ...] [--team ID ...]',
    examples: ['portcullis clients update ledger-sync --scope rest_api:read --scope rest_api:write'],
    options: {
      name: { type: 'string' },
      owner: { type: 'string' },
      grant: { type: 'string', multiple: true },
      scope: { type: 'string', multiple: true },
      'redirect-uri': { type: 'string', multiple: true },
      team: { type: 'string', multiple: true },
    },
    run: update,
  },
  {
    name: 'clients disable',
    summary: 'Refuses an OAuth application and ends for good what it was granted.',
    usage: 'CLIENTID',
    examples: ['portcullis clients disable 2v4kTq9ZxBaLyPyn_jpLSs'],
    options: {},
    run: (call, config) => setDisabled(call, config, true),
  },
  {
    name: 'clients enable',
    summary: 'Lets an OAuth application in again; what was ended stays ended.',
    usage: 'CLIENTID',
    examples: ['portcullis clients enable 2v4kTq9ZxBaLyPyn_jpLSs'],
    options: {},
    run: (call, config) => setDisabled(call, config, false),
  },
  {
    name: 'clients rotate-secret',
    summary:
      'Gives an OAuth application a new secret and prints it, this once; the old one ends, or works on for the overlap.',
    usage: 'CLIENTID [--overlap 7d]',
    examples: ['portcullis clients rotate-secret 2v4kTq9ZxBaLyPyn_jpLSs --overlap 7d'],
    options: { overlap: { type: 'string' } },
    run: rotateSecret,
  },
];

const AUTHOR = { author: 'portcullis clients' };

/** Short names of the grant types; the long ones of requests are accepted as well. */
const GRANTS: ReadonlyMap<string, OAuthGrantType> = new Map([
  ['code', 'authorization_code'],
  ['authorization_code', 'authorization_code'],
  ['refresh', 'refresh_token'],
  ['refresh_token', 'refresh_token'],
  ['client-credentials', 'client_credentials'],
  ['client_credentials', 'client_credentials'],
  ['device', 'urn:ietf:params:oauth:grant-type:device_code'],
  ['urn:ietf:params:oauth:grant-type:device_code', 'urn:ietf:params:oauth:grant-type:device_code'],
]);

async function create(call: Call, config: CliConfig): Promise<Answer> {
  const { values } = call;
  const issued = await clientsOf(config).create(
    {
      clientId: optionalOption(call, 'id'),
      name: requiredOption(call, 'name'),
      owner: requiredOption(call, 'owner'),
      type: values['public'] === true ? 'public' : 'confidential',
      grants: requiredGrants(call),
      scopes: listOption(call, 'scope'),
      redirectUris: listOption(call, 'redirect-uri'),
      teams: listOption(call, 'team'),
      serviceAccount: values['service-account'] === true,
      introspectsAll: values['introspects-all'] === true,
    },
    AUTHOR,
  );
  return done(issued, secretText(issued));
}

async function update(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'client');
  const asked: { readonly [K in keyof OAuthClientChanges]: OAuthClientChanges[K] | undefined } = {
    name: optionalOption(call, 'name'),
    owner: optionalOption(call, 'owner'),
    grants: grantsOf(call),
    scopes: listOption(call, 'scope'),
    redirectUris: listOption(call, 'redirect-uri'),
    teams: listOption(call, 'team'),
  };
  const changes = Object.entries(asked).filter(([, change]) => change !== undefined);
  if (changes.length === 0) {
    throw new UsageError('say what to change: --name, --owner, --grant, --scope, --redirect-uri or --team');
  }
  const changed = await clientsOf(config).update(id, Object.fromEntries(changes), AUTHOR);
  if (changed === null) return unknown(id);
  const what = changes.map(([name]) => name);
  return done(changed, `Client ${id} has other ${what.join(', ')}; this holds for what it asks from now on.`);
}

async function list(call: Call, config: CliConfig): Promise<Answer> {
  const page = await clientsOf(config).list(pageAsked(call));
  const rows = page.items.map((client) => [
    client.clientId,
    client.name,
    client.owner,
    client.type,
    client.disabledAt === null ? 'enabled' : 'disabled',
    client.grants.map(shortGrant).join(' '),
    client.scopes.join(' ') || null,
    moment(client.createdAt),
  ]);
  const columns = ['CLIENTID', 'NAME', 'OWNER', 'TYPE', 'STATE', 'GRANTS', 'SCOPES', 'CREATED'];
  return done(page, table(columns, rows, 'There are no OAuth applications.') + moreText(page.next));
}

async function setDisabled(call: Call, config: CliConfig, disabled: boolean): Promise<Answer> {
  const id = requiredWord(call, 'client');
  const clients = clientsOf(config);
  const changed = disabled ? await clients.disable(id, AUTHOR) : await clients.enable(id, AUTHOR);
  if (changed === null) return unknown(id);
  const state = disabled ? 'disabled' : 'enabled';
  return done({ clientId: id, state, changed }, `Client ${id} is ${state}${changed ? '' : ' already'}.`);
}

async function rotateSecret(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'client');
  const overlap = optionalOption(call, 'overlap');
  const clients = clientsOf(config);
  const issued = await clients.rotateSecret(id, {
    ...AUTHOR,
    overlapSeconds: overlap === undefined ? 0 : durationSeconds(overlap, 'overlap'),
  });
  if (issued === null) {
    if ((await clients.find(id)) === null) return unknown(id);
    return refused({ error: 'public', clientId: id }, `Client ${id} is public and has no secret.`);
  }
  const until = issued.client.secrets.at(-2)?.endsAt ?? null;
  const earlier =
    until === null ? 'The earlier ones are over.' : `The earlier one works until ${moment(until)}.`;
  return done(issued, `${secretText(issued)} ${earlier}`);
}

function secretText({ client, clientSecret }: IssuedOAuthClient): string {
  const id = `client_id      ${client.clientId}`;
  if (clientSecret === null) return `${id}\n\nIt is public and has no secret.`;
  return `${id}\nclient_secret  ${clientSecret}\n\nThe secret is not shown again.`;
}

function clientsOf(config: CliConfig): OAuthClients {
  if (config.oauthClients === undefined) throw new UsageError('the configuration has no oauthClients');
  return config.oauthClients;
}

function requiredGrants(call: Call): readonly OAuthGrantType[] {
  const grants = grantsOf(call);
  if (grants === undefined) throw new UsageError('--grant is required');
  return grants;
}

function grantsOf(call: Call): readonly OAuthGrantType[] | undefined {
  return listOption(call, 'grant')?.map((name) => {
    const grant = GRANTS.get(name);
    if (grant === undefined) {
      throw new UsageError(`--grant must be code, refresh, client-credentials or device, not "${name}"`);
    }
    return grant;
  });
}

function shortGrant(grant: OAuthClient['grants'][number]): string {
  return [...GRANTS].find(([, long]) => long === grant)?.[0] ?? grant;
}

function unknown(id: string): Answer {
  return refused({ error: 'unknown', clientId: id }, `There is no client ${id}.`);
}
