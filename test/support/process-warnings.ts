import { afterEach, beforeEach } from 'vitest';

/** A warning of the package. */
export interface NotedWarning {
  readonly name: string;
  readonly message: string;
  readonly detail: string | undefined;
}

/**
 * Notes process warnings during each test of the file in place of printing them.
 *
 * @returns A function that waits until the warnings so far have been emitted, and gives them.
 */
export function noteWarnings(): () => Promise<readonly NotedWarning[]> {
  const noted: NotedWarning[] = [];
  let printing: NodeJS.WarningListener[] = [];
  function note({ name, message, ...more }: Error): void {
    noted.push({ name, message, detail: (more as { detail?: string }).detail });
  }

  beforeEach(() => {
    noted.length = 0;
    printing = process.listeners('warning');
    process.removeAllListeners('warning');
    process.on('warning', note);
  });
  afterEach(async () => {
    await nextTurn();
    process.off('warning', note);
    for (const listener of printing) process.on('warning', listener);
  });

  return async () => {
    await nextTurn();
    return noted;
  };
}

/** Warnings are emitted on the next tick. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
