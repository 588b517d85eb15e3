import type { MakeWire, Wire } from './client.ts';
import { failureOf, RedisError } from './failure.ts';

/**
 * A command with its arguments, or what makes it from the moment after which nobody waits for its answer: by the server's
 * clock, in milliseconds.
 */
export type Command = readonly string[] | ((till: string) => readonly string[]);

/** One connection, used until it fails once. */
export interface Connection {
  /** Connects, lets the server be looked at, and asks it for its time. */
  open(greet: (send: (args: readonly string[]) => Promise<unknown>) => Promise<void>): Promise<void>;
  send(command: Command, waitMs: number): Promise<unknown>;
  /** Rejects whatever waits, and closes the connection. */
  drop(failure: RedisError): void;
  /** Why it was dropped; `null` while it is not. */
  dropped(): RedisError | null;
}

/** @param onDrop Called once, when it fails or is dropped. */
export function connectionOver(
  makeWire: MakeWire,
  { connectMs, timeoutMs }: { readonly connectMs: number; readonly timeoutMs: number },
  onDrop: () => void,
): Connection {
  const waiting = new Set<(failure: RedisError) => void>();
  /** Commands that the client still holds, also those whose callers have gone. */
  let unanswered = 0;
  let heardAt = 0;
  let dropped: RedisError | null = null;
  /** What to add to this process's own clock, which nobody sets, to be at the server's time or a little beyond it. */
  let aheadMs = Number.NaN;
  const wire: Wire = makeWire(connectMs, (error) => drop(failureOf(error ?? LOST)));

  function drop(failure: RedisError): void {
    if (dropped !== null) return;
    dropped = failure;
    onDrop();
    for (const reject of waiting) reject(failure);
    waiting.clear();
    wire.destroy();
  }

  async function measure(): Promise<void> {
    const askedAt = performance.now();
    const [seconds, micros] = (await send(['TIME'], connectMs)) as readonly [string, string];
    // The server may have told the time just before its answer came, or a whole round trip earlier.
    aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - askedAt;
  }

  function send(command: Command, waitMs: number): Promise<unknown> {
    if (dropped !== null) return Promise.reject(dropped);
    if (unanswered >= MOST_UNANSWERED) {
      return Promise.reject(new RedisError('CROWDED', 'too many commands wait for their answers'));
    }
    return new Promise((resolve, reject) => {
      const sentAt = performance.now();
      const timer = setTimeout(() => setImmediate(expire), waitMs);
      waiting.add(fail);
      unanswered += 1;
      void carry();

      async function carry(): Promise<void> {
        try {
          const till = String(Math.ceil(sentAt + aheadMs + waitMs));
          const reply = await wire.send(typeof command === 'function' ? command(till) : command);
          heardAt = performance.now();
          if (settle()) resolve(reply);
        } catch (thrown) {
          const failure = failureOf(thrown);
          if (failure.isReply) heardAt = performance.now();
          const isAwaited = settle();
          if (isAwaited) reject(failure);
          // A replica is what is left of a primary that another has taken over from; and a server that calls late what is
          // still waited for has had its clock set, so its time has to be asked for anew.
          const isStale = failure.code === 'READONLY' || (failure.code === 'LATE' && isAwaited);
          if (!failure.isReply || isStale) drop(failure);
        } finally {
          unanswered -= 1;
        }
      }

      function settle(): boolean {
        clearTimeout(timer);
        return waiting.delete(fail);
      }

      function fail(failure: RedisError): void {
        clearTimeout(timer);
        reject(failure);
      }

      /** Runs after answers that came while this process was held up have been read. */
      function expire(): void {
        if (!waiting.has(fail)) return;
        settle();
        const late = new RedisError('DEADLINE', `no answer came within ${Math.round(waitMs)} ms`);
        reject(late);
        // Those who had less time left, for want of a connection or because this process was held up, prove nothing.
        const silentMs = performance.now() - Math.max(sentAt, heardAt);
        if (silentMs >= Math.max(waitMs, timeoutMs) - TIMER_SLACK_MS) drop(late);
      }
    });
  }

  return {
    async open(greet) {
      await wire.open();
      await greet((args) => send(args, connectMs));
      await measure();
    },
    send,
    drop,
    dropped: () => dropped,
  };
}

export const LOST = new RedisError('DISCONNECTED', 'the connection was lost');
/** Timers may run a moment early. */
const TIMER_SLACK_MS = 5;
/** Bounds the memory that a server which is slower than its callers can cost. */
const MOST_UNANSWERED = 10_000;
