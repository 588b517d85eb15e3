import { breakGlass, changeMode } from './allowlist/changes.ts';
import { addEntries, clearList, removeEntry } from './allowlist/edits.ts';
import { checkAddress, explainAddress } from './allowlist/questions.ts';
import { showLists } from './allowlist/show.ts';
import { showReport } from './allowlist/show-report.ts';
import { SUBJECT_OPTIONS, SUBJECT_USAGE } from './allowlist/subject.ts';
import type { Command } from './command.ts';
import { PAGE_OPTIONS } from './paging.ts';

const AUTHOR = { author: { type: 'string' } } as const;
const GUARDED = { ...AUTHOR, from: { type: 'string' }, yes: { type: 'boolean' } } as const;

/** The commands of IP allowlists: an edit is in force in every process within two seconds. */
export const allowlistCommands: readonly Command[] = [
  {
    name: 'allowlist add',
    summary: 'Adds networks to a list. The first one enforces the list, unless --observe.',
    usage: `${SUBJECT_USAGE} (NETWORK ... | --file PATH) [--label TEXT] [--expires MOMENT] [--observe] [--from ADDRESS] [--yes] [--author NAME]`,
    examples: [
      'portcullis allowlist add --client 123456 203.0.113.0/24 --label "Berlin office" --from 203.0.113.7',
      'portcullis allowlist add --workspace w1 198.51.100.7 --expires 8h --label "on call"',
      'portcullis allowlist add --client 123456 --file networks.txt   # one a line, and its label behind a "#"',
    ],
    options: {
      ...SUBJECT_OPTIONS,
      ...GUARDED,
      file: { type: 'string' },
      label: { type: 'string' },
      expires: { type: 'string' },
      observe: { type: 'boolean' },
    },
    run: addEntries,
  },
  {
    name: 'allowlist list',
    summary: 'Shows a list with what is to be said of its entries; without a list, all lists.',
    usage: `[${SUBJECT_USAGE}] [--after NETWORK] [--limit N]`,
    examples: ['portcullis allowlist list', 'portcullis allowlist list --client 123456 --json'],
    options: { ...SUBJECT_OPTIONS, ...PAGE_OPTIONS },
    run: showLists,
  },
  {
    name: 'allowlist remove',
    summary: 'Removes one network from a list. A list that is enforced without any lets nobody in.',
    usage: `${SUBJECT_USAGE} (NETWORK | ENTRY) [--from ADDRESS] [--yes] [--author NAME]`,
    examples: ['portcullis allowlist remove --client 123456 198.51.100.7 --from 203.0.113.7'],
    options: { ...SUBJECT_OPTIONS, ...GUARDED },
    run: removeEntry,
  },
  {
    name: 'allowlist clear',
    summary: 'Removes all networks and the list itself: everyone may pass, as before the first one.',
    usage: `${SUBJECT_USAGE} [--author NAME]`,
    examples: ['portcullis allowlist clear --client 123456'],
    options: { ...SUBJECT_OPTIONS, ...GUARDED },
    run: clearList,
  },
  {
    name: 'allowlist check',
    summary: 'Says by its exit code whether an address passes all of the lists that are named: 0 yes, 1 no.',
    usage: `${SUBJECT_USAGE} [further lists] ADDRESS`,
    examples: ['portcullis allowlist check --client 123456 --workspace w1 203.0.113.7'],
    options: SUBJECT_OPTIONS,
    run: checkAddress,
  },
  {
    name: 'allowlist explain',
    summary: 'Names the entry that lets an address in, or the one that nearly does.',
    usage: `${SUBJECT_USAGE} ADDRESS`,
    examples: ['portcullis allowlist explain --client 123456 203.0.114.7'],
    options: SUBJECT_OPTIONS,
    run: explainAddress,
  },
  {
    name: 'allowlist observe',
    summary: 'Lets everyone pass and counts in a report who would be refused.',
    usage: `${SUBJECT_USAGE} [--author NAME]`,
    examples: ['portcullis allowlist observe --client 123456'],
    options: { ...SUBJECT_OPTIONS, ...GUARDED },
    run: (call, config) => changeMode(call, config, 'observe'),
  },
  {
    name: 'allowlist report',
    summary: 'Shows what a list would have refused while it observed, by network and route.',
    usage: `${SUBJECT_USAGE} [--after N] [--limit N]`,
    examples: ['portcullis allowlist report --client 123456'],
    options: { ...SUBJECT_OPTIONS, ...PAGE_OPTIONS },
    run: showReport,
  },
  {
    name: 'allowlist enforce',
    summary:
      'Refuses whoever is not on the list. It must hold the address of --from, or be confirmed by --yes.',
    usage: `${SUBJECT_USAGE} [--from ADDRESS] [--yes] [--author NAME]`,
    examples: ['portcullis allowlist enforce --client 123456 --from 203.0.113.7'],
    options: { ...SUBJECT_OPTIONS, ...GUARDED },
    run: (call, config) => changeMode(call, config, 'enforce'),
  },
  {
    name: 'allowlist off',
    summary: 'Lets everyone pass and counts nothing; the entries stay.',
    usage: `${SUBJECT_USAGE} [--author NAME]`,
    examples: ['portcullis allowlist off --client 123456'],
    options: { ...SUBJECT_OPTIONS, ...GUARDED },
    run: (call, config) => changeMode(call, config, 'off'),
  },
  {
    name: 'allowlist break-glass',
    summary:
      'In an emergency: lets everyone pass for a while, at most a day. Who did it and why stays on record.',
    usage: `${SUBJECT_USAGE} (--author NAME --reason TEXT [--for 1h] | --end [--from ADDRESS] [--yes] [--author NAME])`,
    examples: [
      'portcullis allowlist break-glass --client 123456 --author ada --reason "ticket 4711: VPN is down" --for 30m',
      'portcullis allowlist break-glass --client 123456 --end --from 203.0.113.7',
    ],
    options: {
      ...SUBJECT_OPTIONS,
      ...GUARDED,
      reason: { type: 'string' },
      for: { type: 'string' },
      end: { type: 'boolean' },
    },
    run: breakGlass,
  },
];
