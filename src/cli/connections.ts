import { isStoreError } from '../core/errors.ts';
import type { Connections, ConnectionRecord, Revocation } from '../services/connections.ts';
import { allConnections } from '../services/connections/all-connections.ts';
import { requiredOption, requiredWord } from './arguments.ts';
import { EXIT, type Answer, type Call, type StoreCommand } from './command.ts';
import type { CliConfig } from './config.ts';
import { done, moment, refused, table } from './output.ts';
import { moreText, PAGE_OPTIONS, pageAsked } from './paging.ts';
import { UsageError } from './usage-error.ts';

const WORKSPACE = { workspace: { type: 'string' } } as const;

export const connectionCommands: readonly StoreCommand[] = [
  {
    name: 'connections list',
    summary: 'Lists the connections of a workspace and how they stand, a page at a time.',
    usage: '--workspace ID [--after ID] [--limit N]',
    examples: [
      'portcullis connections list --workspace w1',
      'portcullis connections list --workspace w1 --json',
    ],
    options: { ...WORKSPACE, ...PAGE_OPTIONS },
    run: list,
  },
  {
    name: 'connections check',
    summary: 'Asks the providers whether the connections of a workspace, or one of them, are good.',
    usage: '--workspace ID [CONNECTION]',
    examples: ['portcullis connections check --workspace w1'],
    options: WORKSPACE,
    run: check,
  },
  {
    name: 'connections revoke',
    summary:
      'Forgets the tokens of a connection, or of all of a workspace, and takes the grants back at the providers.',
    usage: '--workspace ID (CONNECTION | --yes)',
    examples: [
      'portcullis connections revoke --workspace w1 5f0c2d7e9a134b6c8d2e4f60718293a4',
      'portcullis connections revoke --workspace w1 --yes',
    ],
    options: { ...WORKSPACE, yes: { type: 'boolean' } },
    run: revoke,
  },
  {
    name: 'connections reseal',
    summary: 'Seals every token again that is sealed under a former key, so that the key can be left out.',
    usage: '',
    examples: ['portcullis connections reseal'],
    options: {},
    run: reseal,
  },
];

const AUTHOR = { author: 'portcullis connections' };
const COLUMNS = ['CONNECTION', 'KIND', 'ACCOUNT', 'STATE', 'SINCE', 'REASON', 'BY'];

async function list(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = requiredOption(call, 'workspace');
  const page = await connectionsOf(config).list(workspace, pageAsked(call));
  return done(page, table(COLUMNS, page.items.map(rowOf), nothingIn(workspace)) + moreText(page.next));
}

async function check(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = requiredOption(call, 'workspace');
  const service = connectionsOf(config);
  const asked = await chosen(call, service, workspace);
  if (asked === null) return unknown(call);
  const checked: (ConnectionRecord & { readonly asked: boolean })[] = [];
  for (const connection of asked) {
    try {
      const found = await service.check(connection);
      if (found !== null) checked.push({ ...found, asked: true });
    } catch (outage) {
      // Of one provider that is down the others are asked all the same.
      if (!isStoreError(outage)) throw outage;
      checked.push({ ...connection, asked: false });
    }
  }
  const rows = checked.map((each) => (each.asked ? rowOf(each) : rowOf(each).with(3, 'out of reach')));
  const isReached = checked.every((each) => each.asked);
  const isSound = checked.every(({ status }) => status === 'active');
  return {
    exit: !isReached ? EXIT.unavailable : isSound ? EXIT.done : EXIT.refused,
    json: { ok: isReached && isSound, connections: checked },
    text: table(COLUMNS, rows, nothingIn(workspace)),
  };
}

async function revoke(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = requiredOption(call, 'workspace');
  const service = connectionsOf(config);
  const isAll = call.words.length === 0;
  if (isAll && call.values['yes'] !== true) {
    throw new UsageError(`name a connection, or end every connection of workspace ${workspace} with --yes`);
  }
  if (!isAll && call.values['yes'] === true) throw new UsageError('give a connection or --yes, not both');
  const asked = await chosen(call, service, workspace);
  if (asked === null) return unknown(call);
  const ended: { readonly id: string; readonly kind: string; readonly revocation: Revocation }[] = [];
  for (const connection of asked) {
    const revocation = await service.disconnect(connection, AUTHOR);
    if (revocation !== null) ended.push({ id: connection.id, kind: connection.kind, revocation });
  }
  const rows = ended.map(({ id, kind, revocation }) => [id, kind, OUTCOMES[revocation]]);
  const text = table(['CONNECTION', 'KIND', 'OUTCOME'], rows, nothingIn(workspace));
  const isClean = ended.every(({ revocation }) => revocation === 'revoked' || revocation === 'shared');
  return (isClean ? done : refused)({ ended }, text);
}

async function reseal(_call: Call, config: CliConfig): Promise<Answer> {
  const result = await connectionsOf(config).reseal();
  const { resealed, unreadable } = result;
  const text = `${resealed} connection(s) sealed again.`;
  if (unreadable === 0) return done(result, `${text} Former keys are needed no more.`);
  return refused(result, `${text} ${unreadable} cannot be opened by any key of the configuration.`);
}

const OUTCOMES: Readonly<Record<Revocation, string>> = {
  revoked: 'forgotten here, taken back at the provider',
  shared: "forgotten here; another connection lives by the account's grant",
  failed: 'forgotten here; the provider did not answer: remove the grant in its own settings',
  skipped: 'forgotten here; there was nothing to present: remove the grant in the settings of the provider',
};

/** The one connection that is named, or all of the workspace; `null` when the one does not exist. */
async function chosen(
  call: Call,
  service: Connections,
  workspace: string,
): Promise<readonly ConnectionRecord[] | null> {
  if (call.words.length > 0) {
    const found = await service.find({ workspace, id: requiredWord(call, 'connection') });
    return found === null ? null : [found];
  }
  return allConnections(service, workspace);
}

function connectionsOf(config: CliConfig): Connections {
  if (config.connections === undefined) throw new UsageError('the configuration has no connections');
  return config.connections;
}

function rowOf({
  id,
  kind,
  account,
  status,
  since,
  reason,
  connectedBy,
}: ConnectionRecord): (string | null)[] {
  return [id, kind, account, status, moment(since), reason, connectedBy];
}

function nothingIn(workspace: string): string {
  return `Workspace ${workspace} has no connections.`;
}

function unknown({ words }: Call): Answer {
  return refused({ error: 'connection_unknown' }, `There is no connection ${words[0]} in this workspace.`);
}
