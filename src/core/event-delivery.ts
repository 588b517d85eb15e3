import { isPromise } from './maybe-promise.ts';
import { isError } from './errors.ts';

/** Receives events. What it throws or rejects with changes no outcome. */
export type EventSink<E> = (event: E) => unknown;

/** Calls a sink so that neither an exception nor a rejection of it reaches the request; failures are counted. */
export function deliver<E>(event: E, sink: EventSink<E>): void {
  try {
    const result = sink(event);
    // By way of a promise of ours: a thenable of another make may insist on being given both functions.
    if (isPromise(result)) Promise.resolve(result).catch((thrown: unknown) => noteFailure(sink, thrown));
  } catch (thrown) {
    // An audit sink that fails must not turn a decision into another one.
    noteFailure(sink, thrown);
  }
}

/** How many events a sink has lost by throwing or rejecting. */
export function failedDeliveries(sink: EventSink<never>): number {
  return failures.get(sink)?.count ?? 0;
}

const failures = new WeakMap<object, { count: number; warnedAt: number }>();

/** A sink that fails silently would be an audit that nobody misses, and one warning for each event a flood. */
const WARN_EVERY_MS = 60_000;

function noteFailure(sink: object, thrown: unknown): void {
  const noted = failures.get(sink) ?? { count: 0, warnedAt: Number.NEGATIVE_INFINITY };
  failures.set(sink, noted);
  noted.count += 1;
  const now = performance.now();
  if (now - noted.warnedAt < WARN_EVERY_MS) return;
  noted.warnedAt = now;
  process.emitWarning(`an onEvent sink failed, ${noted.count} time(s) so far; the events are lost`, {
    type: 'PortcullisWarning',
    code: 'event_sink_failed',
    // Only the kind of error: its message may quote the event, and a warning goes to places that events do not.
    ...(isError(thrown) ? { detail: thrown.name } : {}),
  });
}
