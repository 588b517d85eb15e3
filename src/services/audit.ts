import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Writable } from 'node:stream';
import { systemClock, type Clock } from '../core/clock.ts';
import { isError } from '../core/errors.ts';
import { EVENT_CHANNELS } from '../core/event-publishing.ts';
import { deliver, type EventSink, type PublishedEvent } from '../core/events.ts';
import { callback, implementing, integer, optional, parseOptions } from '../core/options.ts';
import { REASONS } from '../core/reasons.ts';

export { failedDeliveries } from '../core/events.ts';

/** Any event of the package, as `onEvent` and the channels of `node:diagnostics_channel` hand it out. */
export interface AnyEvent {
  readonly type: string;
}

export interface JsonLinesOptions {
  /** The most bytes that may wait in the stream; what comes beyond is counted and left out. Default 1,048,576. */
  readonly maxPendingBytes?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** A sink, for {@link onEveryEvent} or any `onEvent`, and what became of the events. */
export interface JsonLines {
  (event: AnyEvent): void;
  /** How many events were handed to the stream. */
  readonly written: number;
  /** How many were not, because the stream was full, broken or at its end. */
  readonly lost: number;
}

/**
 * Writes each event as one line of JSON, of printable ASCII only, so that nothing that a client sends begins a line of its
 * own or steers a terminal. Texts are cut at 512 characters. Of a `cause` only the kind of error is written, since its
 * message may hold anything.
 *
 * It never waits and never throws. While the stream is full, events are counted instead of kept, and the first line that
 * goes through again is preceded by `{"type":"audit","action":"lost","count":…}`. Errors of the stream are taken to mean
 * that it is broken. Node writes to a pipe on standard output synchronously on POSIX systems: there a reader that stalls
 * stalls the process, and a file or a socket is the better place.
 *
 * @throws {@link ConfigError} `option_missing`, `option_invalid`, `option_unknown`.
 * @example
 * ```ts
 * const audit = jsonLines(createWriteStream('audit.jsonl', { flags: 'a' }));
 * onEveryEvent(audit);
 * ```
 */
export function jsonLines(stream: Writable, options: JsonLinesOptions = {}): JsonLines {
  implementing<Writable>('a stream to write to', 'write', 'on')(stream, 'jsonLines(stream)');
  const { maxPendingBytes, clock } = parseOptions('jsonLines', options, {
    maxPendingBytes: optional(integer(1024, 1_073_741_824), 1_048_576),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  let written = 0;
  let lost = 0;
  let untold = 0;
  let broken = false;
  stream.on('error', () => {
    broken = true;
  });

  function accepts(): boolean {
    return !broken && stream.writable && stream.writableLength < maxPendingBytes;
  }

  function write(event: AnyEvent): void {
    try {
      if (!accepts()) throw new Error('the stream takes nothing now');
      const line = lineOf(event);
      const gap =
        untold === 0 ? '' : lineOf({ type: 'audit', action: 'lost', count: untold, at: clock.now() });
      stream.write(gap + line);
      written += 1;
      untold = 0;
    } catch {
      lost += 1;
      untold += 1;
    }
  }
  return Object.defineProperties(write, {
    written: { get: () => written },
    lost: { get: () => lost },
  }) as JsonLines;
}

/**
 * Hands a sink every event of this process, whichever guard, system or service it comes from: decisions, sessions, edits
 * of keys and lists, and all other types. What the sink throws or rejects with changes nothing.
 *
 * @returns Ends it.
 */
export function onEveryEvent(sink: EventSink<PublishedEvent>): () => void {
  callback<EventSink<PublishedEvent>>()(sink, 'onEveryEvent(sink)');
  const listener = (event: unknown): void => deliver(event as PublishedEvent, sink);
  for (const name of EVENT_CHANNELS) subscribe(name, listener);
  return () => {
    for (const name of EVENT_CHANNELS) unsubscribe(name, listener);
  };
}

/**
 * The labels of an event for metrics, each from a small closed set: `event`, and where it has them `outcome`, `action`,
 * `guard`, `reason`, `system` and `principal` (its kind). Never an id, a path, an address or a text of anybody's.
 */
export function metricLabels(event: AnyEvent): Readonly<Record<string, string>> {
  const { type, outcome, action, guard, reason, system, principal } = event as AnyEvent &
    Record<string, unknown>;
  const kind = (principal as { readonly kind?: unknown } | null | undefined)?.kind;
  // Only decisions have a reason of the table; elsewhere it is a text that somebody wrote.
  const code = type === 'decision' && Object.hasOwn(REASONS, String(reason)) ? reason : undefined;
  const labels = { event: type, outcome, action, guard, reason: code, system, principal: kind };
  return Object.fromEntries(
    Object.entries(labels)
      .filter(([, value]) => typeof value === 'string')
      .map(([name, value]) => [name, LABEL.test(value as string) ? (value as string) : 'other']),
  );
}

/** What stands in code looks so; whatever looks otherwise has come from elsewhere. */
const LABEL = /^[a-z][a-z0-9_-]{0,63}$/;

const MOST_CHARACTERS = 512;
const MOST_ITEMS = 100;
const MOST_LEVELS = 4;

function lineOf(event: object): string {
  const text = JSON.stringify(plain(event, 0));
  return `${text.replace(NOT_PRINTABLE_ASCII, escaped)}\n`;
}

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A copy that JSON can hold, bounded in every direction. */
function plain(value: unknown, level: number): unknown {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || level >= MOST_LEVELS) return undefined;
  if (Array.isArray(value)) return value.slice(0, MOST_ITEMS).map((item) => plain(item, level + 1));
  const members = Object.entries(value).slice(0, MOST_ITEMS);
  return Object.fromEntries(
    members.map(([name, member]) => [
      cut(name),
      name === 'cause' ? kindOf(member) : plain(member, level + 1),
    ]),
  );
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

/** What kind of failure it was; its message may quote a header, a query or a password. */
function kindOf(cause: unknown): { readonly name: string; readonly code?: string } {
  if (!isError(cause)) return { name: typeof cause };
  const { name, code } = cause as { readonly name: unknown; readonly code?: unknown };
  return {
    name: typeof name === 'string' && KIND.test(name) ? name : 'Error',
    ...(typeof code === 'string' && KIND.test(code) ? { code } : {}),
  };
}

const KIND = /^\w{1,64}$/;
