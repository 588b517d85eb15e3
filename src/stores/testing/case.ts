import assert from 'node:assert/strict';
import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { FeedEvent, NewFamily, RotatePolicy, Rotation, Store } from '../../core/store.ts';
import type { Outage, StoreHooks } from './hooks.ts';
import type { StoreProcess } from './remote.ts';

/** A clock that stands still until it is moved; a negative step sets it back. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

export interface CaseContext {
  readonly store: Store;
  readonly clock: ManualClock;
  /** Makes another new and empty store. */
  readonly make: () => Promise<Store>;
  /** Opens the same data once more. */
  readonly open: () => Promise<Store>;
  /** Opens the same data in another process. */
  readonly spawn: () => Promise<StoreProcess>;
  readonly outage: () => Outage;
}

export interface CaseBody {
  readonly name: string;
  /** The hook without which the case cannot run. */
  readonly needs?: keyof StoreHooks | undefined;
  readonly run: (context: CaseContext) => Promise<void>;
}

const SECOND_MS = 1_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const IDLE_MS = 7 * DAY_MS;
export const GRACE_MS = 10 * SECOND_MS;
export const FEED_MS = HOUR_MS + 60 * SECOND_MS;

/** A family that lives a week without rotation and has no absolute end. */
export function family(changes: Partial<NewFamily> = {}): NewFamily {
  return {
    id: 'f1',
    owner: 'u1',
    data: { scope: 'read' },
    idleMs: IDLE_MS,
    absoluteAt: null,
    feedMs: FEED_MS,
    ...changes,
  };
}

/** The usual policy: a week, and ten seconds for repeats. */
export function policy(changes: Partial<RotatePolicy> = {}): RotatePolicy {
  return { idleMs: IDLE_MS, graceMs: GRACE_MS, ...changes };
}

/** Runs the same call many times at once. */
export function atOnce<T>(times: number, call: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => call(index)));
}

/** How many of the items a test holds for. */
export function count<T>(items: readonly T[], test: (item: T) => boolean): number {
  return items.filter(test).length;
}

/** Presents generation 1, 2, … up to `to`, each the current one. */
export async function rotateTo(store: Store, id: string, to: number): Promise<void> {
  for (let generation = 1; generation < to; generation++) {
    assert.equal(outcomeOf(await store.familyRotate(id, generation, policy())), 'rotated');
  }
}

export function outcomeOf(rotation: Rotation): Rotation['outcome'] {
  return rotation.outcome;
}

export function generationOf(rotation: Rotation): number | undefined {
  return rotation.outcome === 'gone' ? undefined : rotation.family.generation;
}

/** Every feed line that has not expired. */
export async function feedOf(store: Store): Promise<readonly FeedEvent[]> {
  return (await store.feedRead(null)).events;
}

export async function feedKeys(store: Store): Promise<readonly string[]> {
  return (await feedOf(store)).map(({ key }) => key).toSorted();
}

/** The call is answered as an outage is. */
export async function rejectsAsOutage(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => error instanceof StoreError);
}

/** The call is refused because no engine could hold what it was given; the message does not repeat it. */
export async function rejectsAsUnstorable(call: Promise<unknown>, secret?: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof RangeError);
    if (secret !== undefined) assert.ok(!error.message.includes(secret));
    return true;
  });
}
