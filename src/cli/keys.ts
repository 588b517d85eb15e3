import type { ApiKeyRecord, ApiKeys } from '../services/api-keys.ts';
import {
  durationSeconds,
  momentOf,
  optionalOption,
  requiredOption,
  requiredWord,
  wholeNumber,
} from './arguments.ts';
import type { Answer, Call, Command } from './command.ts';
import type { CliConfig } from './config.ts';
import { done, moment, refused, table } from './output.ts';
import { UsageError } from './usage-error.ts';

export const keyCommands: readonly Command[] = [
  {
    name: 'keys create',
    summary: 'Makes an API key and prints it, this once.',
    usage: '--workspace ID --name TEXT [--scope SCOPE ...] [--network CIDR ...] [--expires MOMENT]',
    examples: [
      'portcullis keys create --workspace w1 --name "nightly export" --scope reports:read --expires 365d',
    ],
    options: {
      workspace: { type: 'string' },
      name: { type: 'string' },
      scope: { type: 'string', multiple: true },
      network: { type: 'string', multiple: true },
      expires: { type: 'string' },
    },
    run: create,
  },
  {
    name: 'keys list',
    summary: 'Lists the keys of a workspace, a page at a time.',
    usage: '--workspace ID [--after ID] [--limit N]',
    examples: ['portcullis keys list --workspace w1', 'portcullis keys list --workspace w1 --json'],
    options: { workspace: { type: 'string' }, after: { type: 'string' }, limit: { type: 'string' } },
    run: list,
  },
  {
    name: 'keys usage',
    summary: 'Says when each secret of a key was last used.',
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
    options: { overlap: { type: 'string' } },
    run: rotate,
  },
  {
    name: 'keys finish-rotation',
    summary: 'Retires the old secrets of a key that nobody has used for so many days.',
    usage: 'KEYID --quiet-days N',
    examples: ['portcullis keys finish-rotation 4kTq9ZxB --quiet-days 7'],
    options: { 'quiet-days': { type: 'string' } },
    run: finish,
  },
  {
    name: 'keys revoke',
    summary: 'Ends a key, or all keys of a workspace, for good.',
    usage: '(KEYID | --workspace ID --yes)',
    examples: ['portcullis keys revoke 4kTq9ZxB', 'portcullis keys revoke --workspace w1 --yes'],
    options: { workspace: { type: 'string' }, yes: { type: 'boolean' } },
    run: revoke,
  },
];

const AUTHOR = { author: 'portcullis keys' };

async function create(call: Call, config: CliConfig): Promise<Answer> {
  const expires = optionalOption(call, 'expires');
  const issued = await keysOf(config).create(
    {
      workspace: requiredOption(call, 'workspace'),
      name: requiredOption(call, 'name'),
      scopes: listOption(call, 'scope'),
      networks: listOption(call, 'network'),
      expiresAt: expires === undefined ? undefined : momentOf(expires, 'expires', Date.now()),
    },
    AUTHOR,
  );
  return done(
    issued,
    `${issued.key}\n\nKey ${issued.record.id} of workspace ${issued.record.workspace}. It is not shown again.`,
  );
}

async function list(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = requiredOption(call, 'workspace');
  const limit = optionalOption(call, 'limit');
  const page = await keysOf(config).list(workspace, {
    after: optionalOption(call, 'after'),
    limit: limit === undefined ? undefined : wholeNumber(limit, 'limit'),
  });
  const rows = page.items.map((key) => [
    key.id,
    key.name,
    stateOf(key, Date.now()),
    moment(key.createdAt),
    moment(key.expiresAt),
    key.scopes.join(' ') || null,
    String(key.secrets.length),
  ]);
  const columns = ['KEYID', 'NAME', 'STATE', 'CREATED', 'EXPIRES', 'SCOPES', 'SECRETS'];
  const more = page.next === null ? '' : `\n\nMore: --after ${page.next}`;
  return done(page, table(columns, rows, `Workspace ${workspace} has no keys.`) + more);
}

async function usage(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const found = await keysOf(config).usage(id);
  if (found === null) return unknown(id);
  const rows = found.secrets.map((secret) => [
    String(secret.serial),
    secret.supersededAt === null ? 'current' : 'old',
    moment(secret.createdAt),
    moment(secret.lastUsedAt),
    moment(secret.endsAt),
  ]);
  return done(found, table(['SECRET', 'STATE', 'CREATED', 'LAST USED', 'ENDS'], rows, 'No secrets.'));
}

async function rotate(call: Call, config: CliConfig): Promise<Answer> {
  const id = requiredWord(call, 'key');
  const overlap = optionalOption(call, 'overlap');
  const issued = await keysOf(config).rotate(id, {
    ...AUTHOR,
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
  const finished = await keysOf(config).finishRotation(id, { ...AUTHOR, quietDays });
  if (finished === null) return unknown(id);
  if (finished.outcome !== 'in_use') return done(finished, `Only the current secret of key ${id} is left.`);
  return refused(
    finished,
    `An earlier secret of key ${id} was last used ${moment(finished.lastUsedAt)}; it will have been quiet long enough ${moment(finished.quietAt)}.`,
  );
}

async function revoke(call: Call, config: CliConfig): Promise<Answer> {
  const workspace = optionalOption(call, 'workspace');
  if (workspace !== undefined) {
    if (call.words.length > 0) throw new UsageError('give a key or --workspace, not both');
    if (call.values['yes'] !== true)
      throw new UsageError(`this ends every key of workspace ${workspace}; confirm with --yes`);
    const revoked = await keysOf(config).revokeAll(workspace, AUTHOR);
    return done({ revoked }, `${revoked} key(s) of workspace ${workspace} revoked.`);
  }
  const id = requiredWord(call, 'key, or a workspace by --workspace');
  const revoked = await keysOf(config).revoke(id, AUTHOR);
  return revoked ? done({ revoked: 1 }, `Key ${id} revoked.`) : unknown(id);
}

function keysOf(config: CliConfig): ApiKeys {
  if (config.apiKeys === undefined) throw new UsageError('the configuration has no apiKeys');
  return config.apiKeys;
}

function listOption({ values }: Call, name: string): readonly string[] | undefined {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : undefined;
}

function stateOf(key: ApiKeyRecord, now: number): string {
  if (key.revokedAt !== null) return 'revoked';
  return key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'active';
}

function unknown(id: string): Answer {
  return refused({ error: 'key_unknown' }, `There is no live key ${id}.`);
}
