import type { Allowlist, AllowlistEntry, Allowlists } from '../../services/allowlists.ts';
import { optionalOption } from '../arguments.ts';
import type { Answer, Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { done, moment, refused, table } from '../output.ts';
import { moreText, pageAsked } from '../paging.ts';
import { noWords } from './edits.ts';
import { subjectOfCall, subjectsOfCall, withLists } from './subject.ts';
import { stateOf, warningLines } from './wording.ts';

const PAGE = 100;

export async function showLists(call: Call, config: CliConfig): Promise<Answer> {
  noWords(call);
  return withLists(config, (lists) =>
    subjectsOfCall(call).length === 0 ? showAll(call, lists) : showOne(call, lists),
  );
}

async function showAll(call: Call, lists: Allowlists): Promise<Answer> {
  const page = await lists.lists({ after: optionalOption(call, 'after'), limit: limitOf(call) });
  const rows = page.items.map(({ list, mode, live, expired, overriddenUntil }) => [
    list,
    mode,
    String(live),
    String(expired),
    moment(overriddenUntil),
  ]);
  const columns = ['LIST', 'MODE', 'LIVE', 'EXPIRED', 'OVERRIDDEN UNTIL'];
  return done(page, table(columns, rows, 'No list is configured.') + moreText(page.next));
}

async function showOne(call: Call, lists: Allowlists): Promise<Answer> {
  const subject = subjectOfCall(call);
  const list = await lists.list(subject);
  const page = pageOf(list, optionalOption(call, 'after'), limitOf(call));
  if (page === null)
    return refused({ list: subject, ok: false }, 'No entry has the network or id of --after.');
  const warnings = await lists.warnings(subject);
  const { configured, mode, observedSince = null, overrides = [] } = list;
  const rows = page.entries.map((entry) => [
    entry.network,
    entry.label ?? null,
    entry.author ?? null,
    moment(entry.createdAt),
    moment(entry.expiresAt ?? null),
  ]);
  const text = [
    stateOf(subject, list, Date.now()),
    ...(rows.length === 0 ? [] : ['', table(['NETWORK', 'LABEL', 'AUTHOR', 'ADDED', 'EXPIRES'], rows, '')]),
    ...(warnings.length === 0 ? [] : ['', ...warningLines(warnings)]),
  ];
  const json = { list: subject, configured, mode, observedSince, overrides, ...page, warnings };
  return done(json, text.join('\n') + moreText(page.next));
}

interface EntryPage {
  readonly entries: readonly AllowlistEntry[];
  /** The network to go on behind. */
  readonly next: string | null;
}

function pageOf({ entries }: Allowlist, after: string | undefined, limit: number): EntryPage | null {
  const before =
    after === undefined ? -1 : entries.findIndex(({ id, network }) => network === after || id === after);
  if (after !== undefined && before === -1) return null;
  const page = entries.slice(before + 1, before + 1 + limit);
  const isLast = before + 1 + limit >= entries.length;
  return { entries: page, next: isLast ? null : (page.at(-1)?.network ?? null) };
}

export function limitOf(call: Call): number {
  return Math.max(1, pageAsked(call).limit ?? PAGE);
}
