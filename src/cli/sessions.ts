import { isAuthError } from '../core/errors.ts';
import type { SessionInfo } from '../services/session-data.ts';
import { durationSeconds, optionalOption, requiredOption, requiredWord } from './arguments.ts';
import type { Answer, Call, Command } from './command.ts';
import type { AdministeredSystem, CliConfig } from './config.ts';
import { done, moment, refused, table } from './output.ts';
import { UsageError } from './usage-error.ts';

const SYSTEM = { system: { type: 'string' } } as const;

export const sessionCommands: readonly Command[] = [
  {
    name: 'sessions list',
    summary: "Lists a user's live sessions, oldest first.",
    usage: '--user ID [--system NAME]',
    examples: [
      'portcullis sessions list --user 7',
      'portcullis sessions list --user 123456 --system b2b --json',
    ],
    options: { user: { type: 'string' }, ...SYSTEM },
    run: listSessions,
  },
  {
    name: 'sessions revoke',
    summary: 'Ends one session, or all sessions of a user, access tokens included.',
    usage: '(SESSION | --user ID [--except SESSION]) --reason TEXT [--system NAME]',
    examples: [
      'portcullis sessions revoke aLyPyn_jpLSsEber7s0Zpw --reason "lost phone" --system jwt-pair',
      'portcullis sessions revoke --user 7 --reason "password changed"',
    ],
    options: { user: { type: 'string' }, except: { type: 'string' }, reason: { type: 'string' }, ...SYSTEM },
    run: revokeSessions,
  },
  {
    name: 'sessions impersonate',
    summary: 'Lets the user of a session act as another user, for a while; the secret is printed once.',
    usage: 'TARGET --actor-session SESSION --reason TEXT --system NAME [--for 15m] [--write]',
    examples: [
      'portcullis sessions impersonate 9 --actor-session aLyPyn_jpLSsEber7s0Zpw --reason "ticket 4711" --system jwt-pair',
    ],
    options: {
      'actor-session': { type: 'string' },
      reason: { type: 'string' },
      for: { type: 'string' },
      write: { type: 'boolean' },
      ...SYSTEM,
    },
    run: impersonate,
  },
];

async function listSessions(call: Call, config: CliConfig): Promise<Answer> {
  const user = requiredOption(call, 'user');
  const found: (SessionInfo & { readonly system: string })[] = [];
  for (const system of systemsOf(call, config)) {
    for (const session of await system.sessions.list(user)) found.push({ ...session, system: system.name });
  }
  const rows = found.map((session) => [
    session.id,
    session.system,
    moment(session.createdAt),
    moment(session.lastUsedAt),
    moment(session.expiresAt),
    session.address,
    session.actor === null ? null : `${session.actor.id}${session.actor.readOnly ? ' (read only)' : ''}`,
    session.device,
  ]);
  const columns = ['SESSION', 'SYSTEM', 'CREATED', 'LAST USED', 'EXPIRES', 'ADDRESS', 'ACTOR', 'DEVICE'];
  return done(found, table(columns, rows, `User ${user} has no live session.`));
}

async function revokeSessions(call: Call, config: CliConfig): Promise<Answer> {
  const reason = requiredOption(call, 'reason');
  const user = optionalOption(call, 'user');
  const except = optionalOption(call, 'except');
  if (user !== undefined) {
    if (call.words.length > 0) throw new UsageError('give a session or --user, not both');
    let revoked = 0;
    for (const system of systemsOf(call, config))
      revoked += await system.sessions.revokeAll(user, { reason, except });
    return done({ revoked }, `${revoked} session(s) of user ${user} ended.`);
  }
  const session = requiredWord(call, 'session, or a user by --user');
  for (const system of systemsOf(call, config)) {
    if ((await system.sessions.find(session)) === null) continue;
    await system.sessions.revoke(session, { reason });
    return done({ revoked: 1, system: system.name }, `Session ${session} of ${system.name} ended.`);
  }
  return refused({ revoked: 0 }, `There is no live session ${session}.`);
}

async function impersonate(call: Call, config: CliConfig): Promise<Answer> {
  const target = requiredWord(call, 'target user');
  const system = oneSystem(call, config);
  if (system.impersonate === undefined)
    throw new UsageError(`the system "${system.name}" knows no impersonation`);
  const length = optionalOption(call, 'for');
  const granted = await system.impersonate(requiredOption(call, 'actor-session'), target, {
    reason: requiredOption(call, 'reason'),
    maxSeconds: length === undefined ? undefined : durationSeconds(length, 'for'),
    readOnly: call.values['write'] !== true,
  });
  if (isAuthError(granted)) return refused({ refused: granted.code }, `Refused: ${granted.code}.`);
  return done(granted, JSON.stringify(granted, null, 2));
}

function systemsOf(call: Call, config: CliConfig): readonly AdministeredSystem[] {
  const systems = config.systems ?? [];
  const name = optionalOption(call, 'system');
  if (systems.length === 0) throw new UsageError('the configuration names no systems');
  if (name === undefined) return systems;
  const named = systems.filter((system) => system.name === name);
  if (named.length > 0) return named;
  throw new UsageError(
    `there is no system "${name}"; there is ${systems.map((system) => system.name).join(', ')}`,
  );
}

function oneSystem(call: Call, config: CliConfig): AdministeredSystem {
  const [system, ...more] = systemsOf(call, config);
  if (system === undefined || more.length > 0)
    throw new UsageError('--system is required, since there are several');
  return system;
}
