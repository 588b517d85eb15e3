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

/** A command that somebody waits for. */
interface Call {
  readonly sentAt: number;
  readonly waitMs: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (failure: RedisError) => void;
  timer: NodeJS.Timeout | undefined;
}

/** @param onDrop Called once, when it fails or is dropped. */
export function connectionOver(
  makeWire: MakeWire,
  { connectMs, timeoutMs }: { readonly connectMs: number; readonly timeoutMs: number },
  onDrop: () => void,
): Connection {
  const waiting = new Set<Call>();
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
    for (const call of waiting) settle(call)?.reject(failure);
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
      const call: Call = { sentAt, waitMs, resolve, reject, timer: undefined };
      call.timer = setTimeout(judge, waitMs, call);
      waiting.add(call);
      unanswered += 1;
      carry(command, call).then(
        (reply) => answered(call, reply),
        (thrown) => failed(call, failureOf(thrown)),
      );
    });
  }

  /** What the client throws is no other failure than what it rejects with. */
  function carry(command: Command, { sentAt, waitMs }: Call): Promise<unknown> {
    try {
      if (typeof command !== 'function') return wire.send(command);
      return wire.send(command(String(Math.ceil(sentAt + aheadMs + waitMs))));
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /** Ends the waiting of a call; `null` when it was over already. */
  function settle(call: Call): Call | null {
    clearTimeout(call.timer);
    return waiting.delete(call) ? call : null;
  }

  function answered(call: Call, reply: unknown): void {
    unanswered -= 1;
    heardAt = performance.now();
    settle(call)?.resolve(reply);
  }

  function failed(call: Call, failure: RedisError): void {
    unanswered -= 1;
    if (failure.isReply) heardAt = performance.now();
    const awaited = settle(call);
    awaited?.reject(failure);
    // A replica is what is left of a primary that another has taken over from; and a server that calls late what is
    // still waited for has had its clock set, so its time has to be asked for anew.
    const isStale = failure.code === 'READONLY' || (failure.code === 'LATE' && awaited !== null);
    if (!failure.isReply || isStale) drop(failure);
  }

  /** Answers that came while this process was held up are read first. */
  function judge(call: Call): void {
    setImmediate(expire, call);
  }

  function expire(call: Call): void {
    if (settle(call) === null) return;
    const { sentAt, waitMs, reject } = call;
    const late = new RedisError('DEADLINE', `no answer came within ${Math.round(waitMs)} ms`);
    reject(late);
    // Those who had less time left, for want of a connection or because this process was held up, prove nothing.
    const silentMs = performance.now() - Math.max(sentAt, heardAt);
    if (silentMs >= Math.max(waitMs, timeoutMs) - TIMER_SLACK_MS) drop(late);
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
