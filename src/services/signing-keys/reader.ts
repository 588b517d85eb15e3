import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

export interface KeysReaderOptions {
  /** Reads the store and takes over what it says. */
  readonly load: () => Promise<void>;
  readonly clock: Clock;
  /** Is told when a reading fails after one that did not. */
  readonly onFailure: (thrown: unknown) => void;
  /** How old what is known may be when nothing says that it has changed; default a minute. */
  readonly maxAgeMs?: number | undefined;
  /** How long nothing is read for something unknown after it was read for something unknown; default 30 seconds. */
  readonly seekPauseMs?: number | undefined;
  /** How long nothing is read after a reading that failed; default a second. */
  readonly retryPauseMs?: number | undefined;
  /** What is read, for messages; default `signing keys`. */
  readonly what?: string | undefined;
}

/** Keeps what is known in step with the store, with as few readings as that takes. */
export interface KeysReader {
  /** Reads now: what was in the store when this was called is known when it resolves. Rejects with what went wrong. */
  read(): Promise<void>;
  /** Makes sure that what is known is no older than it may be, nor known to be outdated. Rejects with `StoreError`. */
  fresh(): MaybePromise<void>;
  /**
   * Reads because something unknown was asked for: once, and then not during a pause, so that asking for nonsense is cheap.
   * `undefined` when what is known is fresh and there is nothing to be learnt; rejects with `StoreError` when the store
   * cannot be read, since then nobody can say whether it is nonsense.
   */
  seek(): Promise<void> | undefined;
  /** Says that something has changed, and begins to read it. */
  outdate(): void;
  /** Begins to read in the background what is due; for every use of what is known. */
  keepUp(): void;
  /** Whether anything has ever been read. */
  isLoaded(): boolean;
  /** How long ago what is known was read; `Infinity` when nothing has been, or the clock has been set back. */
  ageMs(): number;
  /** Whether the last reading failed. */
  isFailing(): boolean;
}

export function keysReader(options: KeysReaderOptions): KeysReader {
  const { load, clock, onFailure, what = 'signing keys' } = options;
  const { maxAgeMs = 60_000, seekPauseMs = 30_000, retryPauseMs = 1_000 } = options;
  let reading: Promise<void> | null = null;
  let readAt: number | null = null;
  let triedAt: number | null = null;
  let soughtAt: number | null = null;
  let outdated = false;
  let failing = false;

  function isWithin(moment: number | null, ms: number): boolean {
    if (moment === null) return false;
    const age = clock.now() - moment;
    // A moment that lies ahead is one of a clock that was set back since, and says nothing.
    return age >= 0 && age < ms;
  }

  function isFresh(): boolean {
    return !outdated && isWithin(readAt, maxAgeMs);
  }

  async function readOnce(): Promise<void> {
    // What changes from here on may be missing from this reading, so it is as old as its beginning.
    const startedAt = clock.now();
    outdated = false;
    triedAt = startedAt;
    try {
      await load();
      readAt = startedAt;
      failing = false;
    } catch (thrown) {
      outdated = true;
      if (!failing) onFailure(thrown);
      failing = true;
      throw thrown;
    }
  }

  function join(): Promise<void> {
    reading ??= readOnce().finally(() => {
      reading = null;
    });
    return reading;
  }

  async function read(): Promise<void> {
    await reading?.catch(ignore);
    await join();
  }

  async function catchUp(): Promise<void> {
    await join();
    // What was under way may have begun too long ago, or before a change that was told of in the meantime.
    if (!isFresh()) await join();
  }

  function refuse(thrown: unknown): never {
    throw thrown instanceof StoreError ? thrown : unknown(thrown);
  }

  function unknown(cause?: unknown): StoreError {
    return new StoreError(`the ${what} cannot be read, so it is not known which there are`, { cause });
  }

  function inBackground(): void {
    catchUp().catch(ignore);
  }

  return {
    read,
    fresh: () => (isFresh() ? undefined : catchUp().catch(refuse)),
    seek() {
      if (reading !== null) return reading.catch(refuse);
      const fresh = isFresh();
      if (isWithin(soughtAt, fresh ? seekPauseMs : retryPauseMs)) {
        return fresh ? undefined : Promise.reject(unknown());
      }
      soughtAt = clock.now();
      return catchUp().catch(refuse);
    },
    outdate() {
      // Whoever reads for the first time reads all there is.
      if (readAt === null && reading === null) return;
      outdated = true;
      inBackground();
    },
    keepUp() {
      if (readAt === null || isFresh() || reading !== null || isWithin(triedAt, retryPauseMs)) return;
      inBackground();
    },
    isLoaded: () => readAt !== null,
    ageMs() {
      const age = readAt === null ? -1 : clock.now() - readAt;
      return age < 0 ? Infinity : age;
    },
    isFailing: () => failing,
  };
}

/** A reading in the background that fails leaves what is known as it is; the next use tries again. */
function ignore(): void {}
