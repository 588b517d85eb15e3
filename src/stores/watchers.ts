/** The callbacks that want to know of new feed lines in this process. */
export interface Watchers {
  readonly add: (wake: () => void) => () => Promise<void>;
  /** Wakes everyone once, after the current step: many lines in a row are one call. */
  readonly notify: () => void;
  readonly clear: () => void;
}

export function createWatchers(): Watchers {
  const watching = new Set<{ readonly wake: () => void }>();
  let due = false;

  function wakeAll(): void {
    due = false;
    for (const { wake } of watching) wake();
  }

  return {
    add(wake) {
      const watcher = { wake };
      watching.add(watcher);
      return async () => {
        watching.delete(watcher);
      };
    },
    notify() {
      if (due || watching.size === 0) return;
      due = true;
      queueMicrotask(wakeAll);
    },
    clear: () => watching.clear(),
  };
}
