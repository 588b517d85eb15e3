import type { ApiKeyRecord, ApiKeys } from '../services/api-keys.ts';
import { durationSeconds, optionalOption, requiredOption, requiredWord, wholeNumber } from './arguments.ts';
import type { Answer, Call, Command } from './command.ts';
import type { CliConfig } from './config.ts';
import { authorOf, keyChanges, KEY_OPTIONS, KEY_USAGE, rateText } from './key-options.ts';
import { done, moment, refused, table } from './output.ts';
import { moreText, PAGE_OPTIONS, pageAsked } from './paging.ts';
import { UsageError } from './usage-error.ts';

const AUTHOR = { author: { type: 'string' } } as const;

export const keyCommands: readonly Command[] = [
  {
    name: 'keys create',
    summary: 'Makes an API key and prints it, this once.',
    usage: `--workspace ID --name TEXT ${KEY_USAGE}`,
    examples: [
      'portcullis keys create --workspace w1 --name "nightly export" --scope reports:read --expires 365d',
      'portcullis keys create --workspace w1 --name "build server" --network 198.51.100.0/24 --rate 100/1m',
    ],
    options: { workspace: { type: 'string' }, ...KEY_OPTIONS, ...AUTHOR },
    run: create,
  },
  {
    name: 'keys list',
    summary: 'Lists the keys of a workspace, a page at a time.',
    usage: '--workspace ID [--after ID] [--limit N]',
    examples: ['portcullis keys list --workspace w1', 'portcullis keys list --workspace w1 --json'],
    options: { workspace: { type: 'string' }, ...PAGE_OPTIONS },
    run: list,
  },
  {
    name: 'keys update',
    summary: 'Changes what is given of a key and leaves the rest; its secrets stay.',
    usage: `KEYID [--name TEXT] ${KEY_USAGE}`,
    examples: [
      'portcullis keys update 4kTq9ZxB --label "moved to the new build server" --network 198.51.100.7',
      'portcullis keys update 4kTq9ZxB --network any --expires never --rate none',
    ],
    options: { ...KEY_OPTIONS, ...AUTHOR },
    run: update,
  },
  {
    name: 'keys usage',
    summary: 'Says when each secret of a key was last used, and from where those that were replaced.',
    usage: 'KEYID',
    examples: ['portcullis keys usage 4kTq9ZxB'],
    options: {},
    run: usage,
  },
  {
    name: 'keys rotate',
    summary: 'Gives a key a new secret and prints it, this once; the old one works on for the overlap.',
    usage: 'KEYID [--overlap 7d]',
    examples: ['portcullis keys rotate 4kTq9ZxB --overlap 7d'],
    options: { overlap: { type: 'string' }, ...AUTHOR },
    run: rotate,
  },
  {
    name: 'keys finish-rotation',
    summary: 'Retires the old secrets of a key that nobody has used for so many days.',
    usage: 'KEYID --quiet-days N',
    examples: ['portcullis keys finish-rotation 4kTq9ZxB --quiet-days 7'],
    options: { 'quiet-days': { type: 'string' }, ...AUTHOR },
    run: finish,
  },
  {
    name: 'keys revoke',
    summary: 'Ends a key, or all keys of a workspace, for good.',
    usage: '(KEYID | --workspace ID --yes)',
    examples: ['portcullis keys revoke 4kTq9ZxB', 'portcullis keys revoke --workspace w1 --yes'],
    options: { workspace: { type: 'string' }, yes: { type: 'boolean' }, ...AUTHOR },
    run: revoke,
  },
];

async function create(call: Call, config: CliConfig): Promise<Answer> {
  const issued = await keysOf(config).create(
    {
      ...keyChanges(call),
      workspace: requiredOption(call, 'workspace'),
      name: requiredOption(call, 'name'),
    },
    authorOf(call),
  );
  return done(
    issued,
    `${issued.key}\n\nKey ${issued.record.id} of workspace ${issued.record.workspace}. It is not shown again.`,
  );
}

async function update(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const changes = keyChanges(call);
  const changed = Object.keys(changes);
  if (changed.length === 0) throw new UsageError('say what to change, as in --label or --network');
  const record = await keysOf(config).update(id, changes, authorOf(call));
  if (record === null) return unknown(id);
  return done(record, `Key ${id}: ${changed.join(', ')} changed.\n\n${tableOf([record])}`);
}

async function list(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = requiredOption(call, 'workspace');
  const page = await keysOf(config).list(workspace, pageAsked(call));
  return done(page, tableOf(page.items, `Workspace ${workspace} has no keys.`) + moreText(page.next));
}

function tableOf(keys: readonly ApiKeyRecord[], empty: string = ''): string {
  const now = Date.now();
  const rows = keys.map((key) => [
    key.id,
    key.name,
    stateOf(key, now),
    moment(key.createdAt),
    moment(key.expiresAt),
    key.scopes.join(' ') || null,
    key.networks?.join(' ') ?? null,
    rateText(key.rateLimit),
    String(liveSecrets(key, now)),
    key.label,
  ]);
  const columns = [
    'KEYID',
    'NAME',
    'STATE',
    'CREATED',
    'EXPIRES',
    'SCOPES',
    'NETWORKS',
    'RATE',
    'SECRETS',
    'LABEL',
  ];
  return table(columns, rows, empty);
}

/** The secrets that work: more than one while the key is being rotated. */
function liveSecrets({ secrets }: ApiKeyRecord, now: number): number {
  return secrets.filter(({ endsAt }) => endsAt === null || endsAt > now).length;
}

async function usage(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const found = await keysOf(config).usage(id);
  if (found === null) return unknown(id);
  const rows = found.secrets.map((secret) => [
    String(secret.serial),
    secret.supersededAt === null ? 'current' : isOver(secret.endsAt) ? 'over' : 'old',
    moment(secret.createdAt),
    moment(secret.lastUsedAt),
    secret.lastUsedFrom,
    moment(secret.endsAt),
  ]);
  const columns = ['SECRET', 'STATE', 'CREATED', 'LAST USED', 'FROM', 'ENDS'];
  return done(found, table(columns, rows, 'No secrets.'));
}

async function rotate(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const overlap = optionalOption(call, 'overlap');
  const issued = await keysOf(config).rotate(id, {
    ...authorOf(call),
    overlapSeconds: overlap === undefined ? null : durationSeconds(overlap, 'overlap'),
  });
  if (issued === null) return unknown(id);
  const until = issued.record.secrets.at(-2)?.endsAt ?? null;
  const old = until === null ? 'until its rotation is finished' : `until ${moment(until)}`;
  return done(
    issued,
    `${issued.key}\n\nThe earlier secret of key ${id} works ${old}. The new one is not shown again.`,
  );
}

async function finish(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const quietDays = wholeNumber(requiredOption(call, 'quiet-days'), 'quiet-days');
  const finished = await keysOf(config).finishRotation(id, { ...authorOf(call), quietDays });
  if (finished === null) return unknown(id);
  if (finished.outcome === 'retired') {
    return done(finished, `Retired: only the current secret of key ${id} works.`);
  }
  if (finished.outcome === 'nothing_to_retire') {
    return done(finished, `Nothing to retire: only the current secret of key ${id} works.`);
  }
  const { lastUsedAt, quietAt } = finished;
  return refused(
    finished,
    `Not yet: an earlier secret of key ${id} was last used ${moment(lastUsedAt)}; quiet for long enough from ${moment(quietAt)} on.`,
  );
}

async function revoke(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = optionalOption(call, 'workspace');
  if (workspace !== undefined) {
    if (call.words.length > 0) throw new UsageError('give a key or --workspace, not both');
    if (call.values['yes'] !== true)
      throw new UsageError(`this ends every key of workspace ${workspace}; confirm with --yes`);
    const revoked = await keysOf(config).revokeAll(workspace, authorOf(call));
    return done({ revoked }, `${revoked} key(s) of workspace ${workspace} revoked.`);
  }
  const id = requiredWord(call, 'key, or a workspace by --workspace');
  const revoked = await keysOf(config).revoke(id, authorOf(call));
  return revoked ? done({ revoked: 1 }, `Key ${id} revoked.`) : unknown(id);
}

function keysOf(config: CliConfig): ApiKeys {
  if (config.apiKeys === undefined) throw new UsageError('the configuration has no apiKeys');
  return config.apiKeys;
}

function stateOf(key: ApiKeyRecord, now: number): string {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'active';
}

function isOver(endsAt: number | null): boolean {
  return endsAt !== null && endsAt <= Date.now();
}

function unknown(id: string): Answer {
  return refused({ error: 'key_unknown' }, `There is no live key ${id}.`);
}
