import type { ParseArgsConfig } from 'node:util';
import { allowlists, subjectKey, type Allowlists, type SubjectKind } from '../../services/allowlists.ts';
import { optionalOption } from '../arguments.ts';
import type { Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { UsageError } from '../usage-error.ts';

const KINDS: Readonly<Record<string, SubjectKind>> = {
  client: 'client',
  account: 'account',
  workspace: 'workspace',
  key: 'key',
  user: 'user',
  'service-account': 'service_account',
};

/** The options that name a list. */
export const SUBJECT_OPTIONS: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(
  Object.keys(KINDS).map((name) => [name, { type: 'string' as const }]),
);

export const SUBJECT_USAGE = '(--client | --account | --workspace | --key | --user | --service-account) ID';

/** The lists that a call names, in the order of the options. */
export function subjectsOfCall(call: Call): readonly string[] {
  return Object.entries(KINDS).flatMap(([name, kind]) => {
    const id = optionalOption(call, name);
    return id === undefined ? [] : [subjectOf(kind, id, name)];
  });
}

/** The one list that a call names. */
export function subjectOfCall(call: Call): string {
  const [subject, ...more] = subjectsOfCall(call);
  if (subject === undefined) throw new UsageError('name the list, as in --client 123456; see --help');
  if (more.length > 0) throw new UsageError(`one list at a time; ${more[0]} is one too many`);
  return subject;
}

/** The options that name a list, as a person writes them. */
export function optionsOf(subject: string): string {
  const [kind, ...id] = subject.split(':');
  const [name = 'client'] = Object.entries(KINDS).find(([, each]) => each === kind) ?? [];
  return `--${name} ${id.join(':')}`;
}

/** Works with the application's lists, or where its configuration has none, with those of its store. */
export async function withLists<T>(config: CliConfig, work: (lists: Allowlists) => Promise<T>): Promise<T> {
  if (config.allowlists !== undefined) return work(config.allowlists);
  const lists = allowlists({ store: config.store });
  try {
    return await work(lists);
  } finally {
    await lists.close();
  }
}

function subjectOf(kind: SubjectKind, id: string, option: string): string {
  try {
    return subjectKey(kind, id);
  } catch (error) {
    throw new UsageError(`--${option} is no id`, { cause: error });
  }
}
