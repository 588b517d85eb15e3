import type { Clock } from '../core/clock.ts';
import type { Store } from '../core/store.ts';
import type { CaseBody, ManualClock } from './testing/case.ts';
import { ENGINE_CASES } from './testing/engine-cases.ts';
import { FAMILY_CASES } from './testing/family-cases.ts';
import { FEED_CASES } from './testing/feed-cases.ts';
import { FAMILY_KEY_CASES } from './testing/family-key-cases.ts';
import type { StoreHooks } from './testing/hooks.ts';
import { LIST_CASES } from './testing/list-cases.ts';
import { NODE_CASES } from './testing/node-cases.ts';
import { OUTAGE_CASES } from './testing/outage-cases.ts';
import { OWNER_CASES } from './testing/owner-cases.ts';
import { PROCESS_CASES } from './testing/process-cases.ts';
import { RECORD_CASES } from './testing/record-cases.ts';
import { RECORD_LIFE_CASES } from './testing/record-life-cases.ts';
import type { StoreProcess } from './testing/remote.ts';
import { ROTATION_CASES } from './testing/rotation-cases.ts';
import { ROTATION_POLICY_CASES } from './testing/rotation-policy-cases.ts';

export type { Outage, StoreHooks } from './testing/hooks.ts';
export { remoteStore, serveStore, type StoreChannel, type StoreProcess } from './testing/remote.ts';

/** One statement about a store. `run` rejects with an `AssertionError` of `node:assert` when it does not hold. */
export interface StoreCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** Makes a new and empty store that tells the time by this clock, and lets the case move it. The suite closes it. */
export type MakeStore = (options: { readonly clock: Clock }) => Store | Promise<Store>;

/**
 * The cases that every implementation of the contract must pass, for any test runner. Each makes a store of its own.
 * The cases with several processes take some seconds, so give them thirty.
 *
 * @example
 * for (const { name, run } of storeConformance(({ clock }) => memoryStore({ clock }))) it(name, run);
 */
export function storeConformance(makeStore: MakeStore, hooks: StoreHooks = {}): readonly StoreCase[] {
  return ALL_CASES.filter(({ needs }) => needs === undefined || hooks[needs] !== undefined).map((body) => ({
    name: body.name,
    run: () => runCase(body, makeStore, hooks),
  }));
}

const ALL_CASES: readonly CaseBody[] = [
  ...RECORD_CASES,
  ...RECORD_LIFE_CASES,
  ...LIST_CASES,
  ...FAMILY_CASES,
  ...FAMILY_KEY_CASES,
  ...ROTATION_CASES,
  ...ROTATION_POLICY_CASES,
  ...OWNER_CASES,
  ...FEED_CASES,
  ...ENGINE_CASES,
  ...NODE_CASES,
  ...OUTAGE_CASES,
  ...PROCESS_CASES,
];

async function runCase(body: CaseBody, makeStore: MakeStore, hooks: StoreHooks): Promise<void> {
  const clock = manualClock();
  const opened: Store[] = [];
  const processes: StoreProcess[] = [];

  async function keep(store: Store | Promise<Store> | undefined): Promise<Store> {
    const made = await given(store);
    opened.push(made);
    return made;
  }

  async function end(): Promise<void> {
    await Promise.all(processes.map((process) => process.kill()));
    await Promise.all(opened.map((store) => store.close()));
  }

  try {
    const store = await keep(makeStore({ clock }));
    await body.run({
      store,
      clock,
      make: () => keep(makeStore({ clock })),
      open: () => keep(hooks.open?.(store, { clock })),
      async spawn() {
        const process = await given(hooks.spawn)(store);
        processes.push(process);
        return process;
      },
      outage: () => given(hooks.outage)(store),
    });
  } catch (error) {
    // What the case found is to be told, not what closing a broken store then says.
    await end().catch(() => undefined);
    throw error;
  }
  await end();
}

/** What the list of cases was filtered by. */
function given<T>(hook: T | undefined): T {
  if (hook === undefined) throw new Error('The case needs a hook that was not given.');
  return hook;
}

/** Begins at the machine's time, since engines may drop what has expired by a clock of their own. */
function manualClock(): ManualClock {
  let time = Date.now();
  return {
    now: () => time,
    advance(ms) {
      time += ms;
    },
  };
}
