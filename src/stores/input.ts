import type { FeedEvent, Json, Lookups, PageOptions, PutOptions } from '../core/store.ts';

/**
 * Whether an engine can hold this text as a key. NUL ends a text early in one engine and is refused by another, and a
 * lone surrogate becomes U+FFFD in UTF-8, so that two different keys would meet in one row.
 */
export function isKey(text: unknown, maxBytes: number = KEY_BYTES): text is string {
  if (typeof text !== 'string' || UNSTORABLE.test(text)) return false;
  // One UTF-16 unit is at most three bytes of UTF-8, so most keys need not be measured.
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes;
}

const KEY_BYTES = 255;
const FEED_KEY_BYTES = 1024;
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** @throws RangeError when the text cannot be a key; its message has the argument's name and never the text. */
export function requireKey(text: unknown, name: string, maxBytes: number = KEY_BYTES): string {
  if (isKey(text, maxBytes)) return text;
  throw new RangeError(
    `${name} must be well-formed Unicode without U+0000, at most ${maxBytes} bytes of UTF-8.`,
  );
}

/**
 * @throws RangeError when it is not a safe integer of at least `least`. NaN above all must stay out: no expiry that is
 *   compared with it ever comes.
 */
export function requireInteger(value: unknown, name: string, least: number = 0): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${name} must be a safe integer of at least ${least}.`);
}

/** The JSON text under which data is kept: every engine stores the same text and hands out its own copy. */
export function encodeData(data: Json): string {
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined) throw new RangeError('data must be a JSON value.');
  return text;
}

/** The three slots of a record; `null` in those that are empty. */
export type Slots = readonly [string | null, string | null, string | null];

/** What `put` was given, checked and in one form. */
export interface RecordWrite {
  readonly kind: string;
  readonly id: string;
  readonly data: string;
  readonly expect: number | 'absent' | undefined;
  readonly expiresAt: number | null;
  readonly lookups: Slots;
}

/** @throws RangeError naming the argument that no engine can hold. */
export function recordWrite(kind: string, id: string, data: Json, options: PutOptions = {}): RecordWrite {
  const { expect, expiresAt = null, lookups = [] } = options;
  return {
    kind: requireKey(kind, 'kind'),
    id: requireKey(id, 'id'),
    data: encodeData(data),
    expect: expect === undefined || expect === 'absent' ? expect : requireInteger(expect, 'expect'),
    expiresAt: expiresAt === null ? null : requireInteger(expiresAt, 'expiresAt'),
    lookups: slotsOf(lookups),
  };
}

/** Whether a write may go ahead, when `version` is that of the live record or `undefined` when there is none. */
export function expectationHolds(expect: RecordWrite['expect'], version: number | undefined): boolean {
  if (expect === undefined) return true;
  return expect === 'absent' ? version === undefined : version === expect;
}

/** @throws RangeError for a page of no items, which would never come to an end. */
export function pageLimit(options: PageOptions | undefined): number {
  return requireInteger(options?.limit ?? 100, 'limit', 1);
}

/** @throws RangeError for a slot that does not exist. */
export function requireSlot(slot: number): 0 | 1 | 2 {
  if (slot === 0 || slot === 1 || slot === 2) return slot;
  throw new RangeError('slot must be 0, 1 or 2.');
}

/** @throws RangeError for a line that no engine can hold. */
export function feedLines(events: readonly FeedEvent[]): readonly FeedEvent[] {
  return events.map(({ key, value, expiresAt }) => ({
    key: requireKey(key, 'feed key', FEED_KEY_BYTES),
    value: requireInteger(value, 'feed value', Number.MIN_SAFE_INTEGER),
    expiresAt: requireInteger(expiresAt, 'feed expiresAt'),
  }));
}

function slotsOf(lookups: Lookups): Slots {
  if (lookups.length > 3) throw new RangeError('lookups has three slots.');
  return [slotValue(lookups[0]), slotValue(lookups[1]), slotValue(lookups[2])];
}

function slotValue(value: string | null | undefined): string | null {
  return value === undefined || value === null ? null : requireKey(value, 'lookup');
}
