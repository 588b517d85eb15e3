import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';

/** A store that notes what is asked of it, and that can be down. */
export interface ObservedStore {
  readonly store: Store;
  /** How often a method was called, for one kind of records or for all. */
  count(method: keyof Store, kind?: string): number;
  /** Everything that was ever handed to the store, as text. */
  written(): string;
  /** While this is a set of methods, each of them rejects; `all` is every one. */
  down: ReadonlySet<keyof Store> | 'all' | null;
  /** Runs before each call of a method, and holds it up until it resolves. */
  before: ((method: keyof Store, args: readonly unknown[]) => Promise<void>) | null;
}

export function observed(store: Store): ObservedStore {
  const calls: { readonly method: keyof Store; readonly args: readonly unknown[] }[] = [];
  const observation: ObservedStore = {
    store: {} as Store,
    count: (method, kind) =>
      calls.filter((call) => call.method === method && (kind === undefined || call.args[0] === kind)).length,
    written: () => JSON.stringify(calls),
    down: null,
    before: null,
  };
  const wrapped = Object.entries(store).map(([name, step]) => {
    const method = name as keyof Store;
    async function call(...args: readonly unknown[]): Promise<unknown> {
      calls.push({ method, args });
      await observation.before?.(method, args);
      const { down } = observation;
      if (down === 'all' || down?.has(method) === true) throw new StoreError('the store is down');
      return (step as (...all: readonly unknown[]) => unknown)(...args);
    }
    return [method, call];
  });
  Object.assign(observation.store, Object.fromEntries(wrapped));
  return observation;
}
