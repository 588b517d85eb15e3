import type { Explanation, NearestMiss } from '../../services/allowlists.ts';
import { requiredWord } from '../arguments.ts';
import type { Answer, Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { done, moment, printable, refused } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { subjectOfCall, subjectsOfCall, withLists } from './subject.ts';
import { nameOf, refusalAnswer } from './wording.ts';

export async function checkAddress(call: Call, config: CliConfig): Promise<Answer> {
  const subjects = subjectsOfCall(call);
  if (subjects.length === 0) throw new UsageError('name the lists, as in --client 123456; see --help');
  const address = requiredWord(call, 'address');
  return withLists(config, async (lists) => {
    const refusedBy: string[] = [];
    let canonical = address;
    for (const subject of subjects) {
      const explanation = await lists.explain(subject, address);
      if (!explanation.ok) return refusalAnswer(subject, explanation);
      canonical = explanation.address;
      if (!explanation.passes) refusedBy.push(subject);
    }
    const json = { address: canonical, passes: refusedBy.length === 0, refusedBy };
    return refusedBy.length === 0
      ? done(json, `${canonical} passes.`)
      : refused(json, `${canonical} is refused by ${refusedBy.join(' and ')}.`);
  });
}

export async function explainAddress(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  const address = requiredWord(call, 'address');
  const explanation = await withLists(config, (lists) => lists.explain(subject, address));
  if (!explanation.ok) return refusalAnswer(subject, explanation);
  return done(explanation, [BECAUSE[explanation.because](explanation), ...hints(explanation)].join('\n'));
}

const BECAUSE: Readonly<Record<Explanation['because'], (explanation: Explanation) => string>> = {
  unconfigured: ({ address, list }) => `${address} passes: ${list} is not configured.`,
  off: ({ address, list }) => `${address} passes: ${list} is off.`,
  entry: ({ address, list, entry, mode }) =>
    `${address} passes ${list}${mode === 'observe' ? ', which observes' : ''}: ${entry === null ? '' : `${nameOf(entry)}, ${originOf(entry)}, contains it.`}`,
  observed: ({ address, list }) =>
    `${address} passes: no live entry of ${list} contains it, but the list only observes.`,
  overridden: ({ address, list, override }) =>
    `${address} passes: no live entry of ${list} contains it, but the list is overridden until ${moment(override?.until ?? null)}.`,
  no_entry: ({ address, list }) => `${address} is refused: no live entry of ${list} contains it.`,
};

function originOf({ author, createdAt, expiresAt }: NonNullable<Explanation['entry']>): string {
  const by = author === undefined ? '' : ` by ${printable(author)}`;
  const until = expiresAt === undefined ? '' : ` until ${moment(expiresAt)}`;
  return `added${by} ${moment(createdAt)}${until}`;
}

function hints({ because, expired, nearest }: Explanation): readonly string[] {
  if (because === 'unconfigured' || because === 'off') return [];
  if (expired !== null) {
    return [`${nameOf(expired)} contained it until ${moment(expired.expiresAt ?? null)}, when it expired.`];
  }
  return nearest === null ? [] : [missOf(nearest)];
}

/** The most bits by which a network is said to be too small: what is farther away is no slip. */
const MOST_BITS = 8;

function missOf({ entry, addresses, side, together }: NearestMiss): string {
  const distance = `${grouped(addresses)} ${addresses === '1' ? 'address' : 'addresses'} ${side} it`;
  const both =
    prefixOf(entry.network) - prefixOf(together) <= MOST_BITS ? ` ${together} would contain both.` : '';
  return `The nearest entry is ${nameOf(entry)}: ${distance}.${both}`;
}

function prefixOf(network: string): number {
  return Number(network.split('/')[1]);
}

/** Digits in threes, as in `1,234`. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(?:\d{3})+$)/g, ',');
}
