import type { Family, FeedEvent, Json, NewFamily, RotatePolicy, Rotation } from '../core/store.ts';
import { encodeData, requireInteger, requireKey } from './input.ts';

/** What the decision needs to know of a family. */
export interface RotationState {
  readonly generation: number;
  /** Generations below this one were retired quietly. */
  readonly quietBelow: number;
  readonly rotatedAt: number;
  readonly expiresAt: number;
}

/**
 * The decision table of `familyRotate`: what a presented generation is. Every engine answers as this function does, and
 * the conformance suite compares the two over a grid of cases.
 *
 * The order matters. A later generation than the current one can only exist when the store lost a write, since the
 * caller has authenticated it. Of the earlier ones those retired quietly come first, then the one predecessor that may
 * be answered again, for `graceMs` from its own rotation; a replay does not move `rotatedAt` and so extends nothing.
 * Whatever is left was used before: RFC 9700 section 4.14.2.
 *
 * @param row The family, or `undefined` when there is none.
 */
export function decideRotation(
  row: RotationState | undefined,
  presented: number,
  graceMs: number,
  now: number,
): Rotation['outcome'] {
  if (row === undefined || row.expiresAt <= now) return 'gone';
  if (!isGeneration(presented)) return 'gone';
  if (presented === row.generation) return 'rotated';
  if (presented > row.generation) return 'ahead';
  if (presented < row.quietBelow) return 'gone';
  // A clock that was set back must not open a window that `graceMs: 0` keeps shut.
  const ageMs = Math.max(0, now - row.rotatedAt);
  return presented === row.generation - 1 && ageMs < graceMs ? 'replayed' : 'reuse';
}

/** Whether a number can have been issued as a generation, and can have a successor. */
export function isGeneration(presented: number): boolean {
  return Number.isInteger(presented) && presented >= 1 && presented <= LAST_GENERATION;
}

/** The last generation that has a successor; every engine counts generations in 32 bits with a sign. */
const LAST_GENERATION = 2 ** 31 - 2;

/** A family as an engine keeps it. */
export interface FamilyRow extends RotationState {
  readonly id: string;
  readonly owner: string;
  readonly parent: string | null;
  /** JSON text. */
  readonly data: string;
  readonly createdAt: number;
  readonly absoluteAt: number | null;
  readonly feedMs: number;
}

/** What of a row its family is made of. */
export type KeptFamily = Omit<FamilyRow, 'quietBelow' | 'feedMs'>;

/** The family that a row stands for. */
export function familyOf(row: KeptFamily): Family {
  const { id, owner, parent, data, generation, createdAt, rotatedAt, expiresAt, absoluteAt } = row;
  return {
    id,
    owner,
    parent,
    data: JSON.parse(data) as Json,
    generation,
    createdAt,
    rotatedAt,
    expiresAt,
    absoluteAt,
  };
}

/**
 * The row of a new family.
 *
 * @param parentEnd When its parent ends as things stand: a child is never to outlive it; `undefined` without a parent.
 */
export function newFamilyRow(family: NewFamily, now: number, parentEnd: number | undefined): FamilyRow {
  const absoluteAt = earlier(family.absoluteAt, parentEnd);
  return {
    id: family.id,
    owner: family.owner,
    parent: family.parent ?? null,
    data: encodeData(family.data),
    generation: 1,
    quietBelow: 1,
    createdAt: now,
    rotatedAt: now,
    expiresAt: earlier(absoluteAt, now + family.idleMs),
    absoluteAt,
    feedMs: family.feedMs,
  };
}

/** The row after generation `presented` was exchanged for its successor. */
export function successorOf(row: FamilyRow, presented: number, policy: RotatePolicy, now: number): FamilyRow {
  const generation = presented + 1;
  return {
    ...row,
    data: policy.data === undefined ? row.data : encodeData(policy.data),
    generation,
    quietBelow: policy.retireQuietly === true ? generation : row.quietBelow,
    rotatedAt: now,
    expiresAt: earlier(row.absoluteAt, now + policy.idleMs),
    // Tokens of earlier generations may live as long as the higher of the two says.
    feedMs: Math.max(row.feedMs, policy.feedMs ?? 0),
  };
}

/** The feed line that ends a family's access tokens. */
export function revocationLine(row: Pick<FamilyRow, 'id' | 'feedMs'>, now: number): FeedEvent {
  return { key: `sid:${row.id}`, value: 0, expiresAt: now + row.feedMs };
}

/** The feed line that ends the access tokens of a family's earlier generations. */
export function generationLine(row: FamilyRow, now: number): FeedEvent {
  return { key: `gen:${row.id}`, value: row.generation, expiresAt: now + row.feedMs };
}

/** @throws RangeError naming the member that no engine can hold. */
export function checkNewFamily(family: NewFamily): void {
  requireKey(family.id, 'id');
  requireKey(family.owner, 'owner');
  if (family.parent !== undefined && family.parent !== null) requireKey(family.parent, 'parent');
  requireInteger(family.idleMs, 'idleMs');
  if (family.absoluteAt !== null) requireInteger(family.absoluteAt, 'absoluteAt');
  requireInteger(family.feedMs, 'feedMs');
  checkHandles(family.handles);
}

/** @throws RangeError naming the member that no engine can hold. */
export function checkPolicy(policy: RotatePolicy): void {
  requireInteger(policy.idleMs, 'idleMs');
  requireInteger(policy.graceMs, 'graceMs');
  if (policy.feedMs !== undefined) requireInteger(policy.feedMs, 'feedMs');
  checkHandles(policy.handles);
}

function checkHandles(handles: readonly string[] = []): void {
  for (const handle of handles) requireKey(handle, 'handle');
}

function earlier(one: number | null, other: number): number;
function earlier(one: number | null, other: number | undefined): number | null;
function earlier(one: number | null, other: number | undefined): number | null {
  if (one === null || other === undefined) return other ?? one;
  return Math.min(one, other);
}
