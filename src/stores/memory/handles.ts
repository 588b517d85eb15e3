/** What a handle stands for. */
export interface HandleTarget {
  readonly slot: number;
  readonly generation: number;
}

/** The handles of families, in both directions; a family without handles takes no space here. */
export interface Handles {
  find(handle: string): HandleTarget | undefined;
  add(slot: number, generation: number, handles: readonly string[]): void;
  removeOf(slot: number): void;
  clear(): void;
}

export function createHandles(): Handles {
  const targets = new Map<string, HandleTarget>();
  const bySlot = new Map<number, string[]>();

  return {
    find: (handle) => targets.get(handle),
    add(slot, generation, handles) {
      if (handles.length === 0) return;
      for (const handle of handles) targets.set(handle, { slot, generation });
      const known = bySlot.get(slot);
      if (known === undefined) bySlot.set(slot, [...handles]);
      else known.push(...handles);
    },
    removeOf(slot) {
      for (const handle of bySlot.get(slot) ?? []) targets.delete(handle);
      bySlot.delete(slot);
    },
    clear() {
      targets.clear();
      bySlot.clear();
    },
  };
}
