import { randomToken } from '../../core/secrets.ts';
import { suggest } from '../../core/suggest.ts';
import { isIpv4Compatible } from '../../network/look-alike.ts';
import { parseNetwork } from '../../network/network.ts';
import type { AllowlistEntry } from './document.ts';
import { type EditRefusal, refused } from './refusal.ts';
import { type AllowlistWarning, warningOf } from './warnings.ts';

/** What is added to a list. */
export interface NewEntry {
  /** One address, or a network in CIDR form. */
  readonly network: string;
  /** What it is, for people: at most 100 characters on one line. */
  readonly label?: string | undefined;
  /** Who adds it: at most 100 characters on one line. */
  readonly author?: string | undefined;
  /** From this moment on, in milliseconds since the Unix epoch, it lets nobody in; by default it never expires. */
  readonly expiresAt?: number | undefined;
}

/** An entry that may be added, with what is to be said of how it was written. */
export interface EntryReading {
  readonly ok: true;
  readonly entry: AllowlistEntry;
  readonly warnings: readonly AllowlistWarning[];
}

/**
 * Reads what somebody wants to add. It is refused as a value, since it comes from a person or from another program. A
 * member with another name is refused too: a misspelt expiry would leave the network open for ever.
 */
export function readEntry(value: unknown, now: number): EntryReading | EditRefusal {
  if (typeof value !== 'object' || value === null) {
    return refused('entry_invalid', 'An entry is an object with a network.');
  }
  const unknown = Object.keys(value).find((key) => !MEMBERS.has(key));
  if (unknown !== undefined) return refused('entry_invalid', problemOfMember(unknown));

  const { network, label, author, expiresAt } = value as Partial<Record<keyof NewEntry, unknown>>;
  if (typeof network !== 'string') return refused('network_invalid', 'There is no network.');
  const reading = parseNetwork(network);
  if (!reading.ok) return refused('network_invalid', reading.problem);
  if (reading.network.warnings.includes('mapped_prefix_short')) {
    return refused('network_invalid', MAPPED_PREFIX_SHORT);
  }
  if (isIpv4Compatible(reading.network)) return refused('network_invalid', IPV4_COMPATIBLE);
  if (label !== undefined && !isLine(label)) return refused('label_invalid', `The label ${MUST_BE_LINE}`);
  if (author !== undefined && !isLine(author)) return refused('author_invalid', `The author ${MUST_BE_LINE}`);
  if (expiresAt !== undefined && !Number.isSafeInteger(expiresAt)) {
    return refused('expiry_invalid', 'The expiry is a whole number of milliseconds since 1970.');
  }
  if (expiresAt !== undefined && (expiresAt as number) <= now) {
    return refused('expiry_invalid', 'The expiry has passed already.');
  }
  const entry: AllowlistEntry = {
    // Base64url has neither a dot nor a colon, so that an id is never read as a network.
    id: randomToken(72),
    network: reading.network.text,
    ...(label === undefined ? {} : { label }),
    ...(author === undefined ? {} : { author }),
    createdAt: now,
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt as number }),
  };
  const { family, text, warnings } = reading.network;
  return {
    ok: true,
    entry,
    warnings: [
      ...(warnings.includes('host_bits_set') ? [warningOf('host_bits_set', text)] : []),
      ...(family === 4 && network.includes(':') ? [warningOf('ipv4_mapped', text)] : []),
    ],
  };
}

/** One line of text for people. Control and format characters could rewrite what a terminal or a page shows of a list. */
export function isLine(value: unknown): value is string {
  return (
    typeof value === 'string' && value !== '' && value.length <= LONGEST_LINE && !UNPRINTABLE.test(value)
  );
}

const LONGEST_LINE = 100;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
export const MUST_BE_LINE = `is text of 1 to ${LONGEST_LINE} characters on one line, without control characters.`;

const MAPPED_PREFIX_SHORT =
  'It is an IPv4-mapped network with a prefix below 96, which contains no IPv4 address; write the IPv4 network.';

const IPV4_COMPATIBLE =
  'It is an IPv6 address of a form that is out of use, as in ::10.0.0.1, and contains no IPv4 address; write the IPv4 address alone.';

const MEMBERS: ReadonlySet<string> = new Set<keyof NewEntry>(['network', 'label', 'author', 'expiresAt']);

function problemOfMember(name: string): string {
  const meant = suggest(name, MEMBERS);
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `An entry has the members ${[...MEMBERS].join(', ')} and no other.${hint}`;
}
