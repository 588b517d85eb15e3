import { readFileSync } from 'node:fs';
import type { AddOptions, AddResult, Allowlists, EditOptions, NewEntry } from '../../services/allowlists.ts';
import { momentOf, optionalOption, requiredWord } from '../arguments.ts';
import type { Answer, Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { done, printable } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { subjectOfCall, withLists } from './subject.ts';
import { listJson, namesOf, refusalAnswer, stateOf, warningLines } from './wording.ts';

export async function addEntries(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  const result = await withLists(config, (lists) => add(lists, subject, call, config));
  if (!result.ok) return refusalAnswer(subject, result, problemOf(call, result));
  const { added, replaced, unchanged, warnings, list } = result;
  const isFirst = list.entries.length === added.length && replaced.length === 0;
  const unguarded = isFirst && list.mode === 'enforce' && optionalOption(call, 'from') === undefined;
  const lines = [
    ...(added.length === 0 ? [] : [`Added to ${subject}: ${namesOf(added)}.`]),
    ...(unchanged.length === 0 ? [] : [`There already: ${namesOf(unchanged)}.`]),
    stateOf(subject, list, Date.now()),
    ...(unguarded ? [UNGUARDED] : []),
    ...warningLines(warnings),
  ];
  return done({ ...listJson(subject, list), added, replaced, unchanged, warnings }, lines.join('\n'));
}

export async function removeEntry(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  const entry = requiredWord(call, 'network, or the id of an entry');
  const result = await withLists(config, (lists) => lists.remove(subject, entry, editOptions(call, config)));
  if (!result.ok) return refusalAnswer(subject, result);
  const { removed, list } = result;
  const text = `Removed from ${subject}: ${namesOf(removed)}.\n${stateOf(subject, list, Date.now())}`;
  return done({ ...listJson(subject, list), removed }, text);
}

export async function clearList(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  noWords(call);
  const result = await withLists(config, (lists) => lists.clear(subject, editOptions(call, config)));
  if (!result.ok) return refusalAnswer(subject, result);
  const { removed, list } = result;
  const gone = removed.length === 0 ? 'There was nothing to remove.' : `Removed: ${namesOf(removed)}.`;
  return done({ ...listJson(subject, list), removed }, `${gone}\n${stateOf(subject, list, Date.now())}`);
}

/** Who makes an edit, and what keeps it from locking that person out. */
export function editOptions(call: Call, { trustedProxies }: CliConfig): EditOptions {
  return {
    author: optionalOption(call, 'author') ?? 'portcullis allowlist',
    from: optionalOption(call, 'from'),
    confirmed: call.values['yes'] === true,
    trustedProxies,
  };
}

export function noWords({ words }: Call): void {
  if (words.length > 0) throw new UsageError(`"${words[0]}" is one word too many`);
}

/** What to say to whoever enforces a list without naming an address. */
export const UNGUARDED =
  'Nobody has looked whether you stay in: give the address that you come from with --from next time.';

async function add(lists: Allowlists, subject: string, call: Call, config: CliConfig): Promise<AddResult> {
  const expires = optionalOption(call, 'expires');
  const { author, ...lockOut } = editOptions(call, config);
  const common = {
    author,
    ...(expires === undefined ? {} : { expiresAt: momentOf(expires, 'expires', Date.now()) }),
  };
  const options: AddOptions = { ...lockOut, observe: call.values['observe'] === true };
  const file = optionalOption(call, 'file');
  if (file !== undefined) {
    noWords(call);
    if (call.values['label'] !== undefined) {
      throw new UsageError('--label is for networks of the command line; in a file it stands behind a "#"');
    }
    return lists.addText(subject, textOf(file), common, options);
  }
  if (call.words.length === 0) throw new UsageError('name the networks, or a file of them by --file');
  const label = optionalOption(call, 'label');
  const entries = call.words.map((network): NewEntry => ({
    ...common,
    network,
    ...(label === undefined ? {} : { label }),
  }));
  const [only] = entries;
  return only !== undefined && entries.length === 1
    ? lists.add(subject, only, options)
    : lists.addMany(subject, entries, options);
}

/** Networks of the command line have no lines; the word itself says which one it is. */
function problemOf(
  call: Call,
  { line, problem }: { readonly line?: number; readonly problem: string },
): string {
  const word = call.words[(line ?? 1) - 1];
  if (word === undefined) return problem;
  return line === undefined ? problem : `${printable(word)}: ${problem.replace(/^Line \d+: /, '')}`;
}

/** The most bytes of a file: room for more entries than a list has. */
const MOST_BYTES = 8 * 1024 * 1024;

function textOf(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    throw new UsageError(`the file of --file cannot be read: ${path}`, { cause: error });
  }
  if (bytes.length > MOST_BYTES) throw new UsageError(`the file of --file has more than ${MOST_BYTES} bytes`);
  return bytes.toString('utf8');
}
