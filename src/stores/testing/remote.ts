import { StoreError } from '../../core/errors.ts';
import type { Store } from '../../core/store.ts';

/** One end of the wire between two processes; `process` is one in a child, and what `fork` returns in its parent. */
export interface StoreChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  /** Of a child in its parent: the other end is gone. */
  on(event: 'exit', listener: () => void): unknown;
  /** Tells the listener whether the message went out; without one a failure would end this process. */
  send?(message: unknown, sent: (error: Error | null) => void): unknown;
}

/** A store in another process. */
export interface StoreProcess {
  readonly store: Store;
  /** Ends the process at once and without its doing (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>;
}

type Method = Exclude<keyof Store, 'feedWatch'>;

interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly name: string; readonly message: string } | undefined;
}

/** Answers the calls of {@link remoteStore} with this store, in the child process. */
export function serveStore(store: Store, channel: StoreChannel): void {
  function answer(message: Answer): void {
    // A parent that is gone waits for no answer.
    channel.send?.(message, () => undefined);
  }

  channel.on('message', (message) => {
    const { id, method, args } = message as Call;
    const answered = Reflect.apply(store[method], store, args) as Promise<unknown>;
    answered.then(
      (result) => answer({ id, result }),
      (error: Error) => answer({ id, error: { name: error.name, message: error.message } }),
    );
  });
  answer({ id: READY });
}

/**
 * The store that a child process serves, once it does. Calls that its end cuts off reject with `StoreError`.
 *
 * @param channel What `fork` returned.
 */
export async function remoteStore(channel: StoreChannel): Promise<Store> {
  const pending = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  let lastId = READY;
  let gone = false;

  channel.on('message', (message) => {
    const { id, result, error } = message as Answer;
    const call = pending.get(id);
    pending.delete(id);
    if (error === undefined) call?.resolve(result ?? null);
    else call?.reject(error.name === 'StoreError' ? new StoreError(error.message) : new Error(error.message));
  });
  channel.on('exit', () => {
    gone = true;
    for (const id of pending.keys()) cutOff(id);
  });

  function cutOff(id: number): void {
    pending.get(id)?.reject(new StoreError('The process ended.'));
    pending.delete(id);
  }

  function answerTo(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (gone) reject(new StoreError('The process ended.'));
      else pending.set(id, { resolve, reject });
    });
  }

  await answerTo(READY);
  return new Proxy({} as Store, {
    get(_target, method) {
      // A store is no thenable, or awaiting it would call the other process.
      if (method === 'then') return undefined;
      return async (...args: readonly unknown[]) => {
        const id = ++lastId;
        const answer = answerTo(id);
        const call: Call = { id, method: method as Method, args };
        if (!gone) channel.send?.(call, (error) => error !== null && cutOff(id));
        return answer;
      };
    },
  });
}

const READY = 0;
