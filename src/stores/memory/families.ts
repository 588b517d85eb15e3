import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { FeedEvent } from '../../core/store.ts';
import {
  checkNewFamily,
  checkPolicy,
  decideRotation,
  type FamilyRow,
  familyOf,
  generationLine,
  newFamilyRow,
  revocationLine,
  successorOf,
} from '../rotation.ts';
import type { Stepwise } from '../stepwise.ts';
import { createFamilyTable } from './family-table.ts';
import { createHandles } from './handles.ts';
import { compareUtf8 } from './utf8-order.ts';

type FamilySteps = Pick<
  Stepwise,
  | 'familyCreate'
  | 'familyGet'
  | 'familyByHandle'
  | 'familyRotate'
  | 'familyRevoke'
  | 'familyList'
  | 'familyRevokeAll'
>;

export interface MemoryFamilies extends FamilySteps {
  sweep(limit: number): number;
  clear(): void;
}

/** @param append Feeds a line in the same step. */
export function createFamilies(clock: Clock, append: (events: readonly FeedEvent[]) => void): MemoryFamilies {
  const table = createFamilyTable();
  const handles = createHandles();

  function remove(slot: number): void {
    handles.removeOf(slot);
    table.remove(slot);
  }

  function live(id: string): { readonly slot: number; readonly row: FamilyRow } | undefined {
    const slot = table.slotOf(id);
    if (slot === undefined) return undefined;
    const row = table.read(slot);
    return row.expiresAt <= clock.now() ? undefined : { slot, row };
  }

  function refuseTaken(wanted: readonly string[]): void {
    for (const handle of wanted) {
      const owner = handles.find(handle);
      if (owner === undefined) continue;
      if (table.read(owner.slot).expiresAt > clock.now()) throw new StoreError('The handle exists already.');
      remove(owner.slot);
    }
    if (new Set(wanted).size < wanted.length) throw new StoreError('A handle is given twice.');
  }

  /** Ends families with all that hangs on them. @returns Those that were live. */
  function end(first: readonly number[]): readonly FamilyRow[] {
    const now = clock.now();
    const ended: FamilyRow[] = [];
    const pending = new Set(first);
    for (const slot of pending) {
      const row = table.read(slot);
      for (const child of table.childrenOf(row.id)) pending.add(child);
      if (row.expiresAt > now) ended.push(row);
    }
    for (const slot of pending) remove(slot);
    append(ended.map((row) => revocationLine(row, now)));
    return ended;
  }

  return {
    familyCreate(family) {
      checkNewFamily(family);
      const { id, parent, handles: wanted = [] } = family;
      const above = parent === undefined || parent === null ? undefined : live(parent);
      if (parent !== undefined && parent !== null && above === undefined) {
        throw new StoreError('The parent is not a live family.');
      }
      const row = newFamilyRow(family, clock.now(), above?.row.expiresAt);
      if (live(id) !== undefined) throw new StoreError('The family exists already.');
      refuseTaken(wanted);
      const buried = table.slotOf(id);
      if (buried !== undefined) remove(buried);
      handles.add(table.insert(row), 1, wanted);
      return familyOf(row);
    },
    familyGet(id) {
      const found = live(id);
      return found === undefined ? null : familyOf(found.row);
    },
    familyByHandle(handle) {
      const found = handles.find(handle);
      if (found === undefined) return null;
      const row = table.read(found.slot);
      if (row.expiresAt <= clock.now()) return null;
      return { family: familyOf(row), generation: found.generation };
    },
    familyRotate(id, generation, policy) {
      checkPolicy(policy);
      const found = live(id);
      const now = clock.now();
      const outcome = decideRotation(found?.row, generation, policy.graceMs, now);
      if (found === undefined || outcome === 'gone') return { outcome: 'gone' };
      if (outcome === 'replayed') return { outcome, family: familyOf(found.row) };
      if (outcome === 'reuse') {
        end([found.slot]);
        return { outcome, family: familyOf(found.row) };
      }
      const successor = successorOf(found.row, generation, policy, now);
      refuseTaken(policy.handles ?? []);
      table.update(found.slot, successor);
      handles.add(found.slot, successor.generation, policy.handles ?? []);
      if (policy.feedGeneration === true) append([generationLine(successor, now)]);
      return { outcome, family: familyOf(successor) };
    },
    familyRevoke(id) {
      const found = live(id);
      if (found === undefined) return false;
      end([found.slot]);
      return true;
    },
    familyList(owner) {
      const now = clock.now();
      return table
        .ofOwner(owner)
        .map((slot) => table.read(slot))
        .filter((row) => row.expiresAt > now)
        .toSorted((one, other) => one.createdAt - other.createdAt || compareUtf8(one.id, other.id))
        .map(familyOf);
    },
    familyRevokeAll(owner, options) {
      const spared = options?.except === undefined ? undefined : table.slotOf(options.except);
      const ended = end(table.ofOwner(owner).filter((slot) => slot !== spared));
      return ended.filter((row) => row.owner === owner).length;
    },
    sweep(limit) {
      const expired = table.expired(clock.now(), limit);
      for (const slot of expired) remove(slot);
      return expired.length;
    },
    clear() {
      table.clear();
      handles.clear();
    },
  };
}
