import type { Clock } from '../../core/clock.ts';
import { StoreError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';

export interface KeysReaderOptions {
  /** Reads the store and takes over what it says. */
  readonly load: () => Promise<void>;
  readonly clock: Clock;
  /** Is told when a reading fails after one that did not. */
  readonly onFailure: (thrown: unknown) => void;
}

/** Keeps what is known in step with the store, with as few readings as that takes. */
export interface KeysReader {
  /** Reads now: what was in the store when this was called is known when it resolves. Rejects with what went wrong. */
  read(): Promise<void>;
  /** Makes sure that what is known is a minute old at most, and not known to be outdated. Rejects with `StoreError`. */
  fresh(): MaybePromise<void>;
  /**
   * Reads because something unknown was asked for: at most once in 30 seconds, so that asking for nonsense is cheap.
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
}

/** How old what is known may be when nothing says that it has changed. */
const MAX_AGE_MS = 60_000;
const SEEK_PAUSE_MS = 30_000;
const RETRY_PAUSE_MS = 1_000;

export function keysReader({ load, clock, onFailure }: KeysReaderOptions): KeysReader {
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
    return !outdated && isWithin(readAt, MAX_AGE_MS);
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

  function inBackground(): void {
    catchUp().catch(ignore);
  }

  return {
    read,
    fresh: () => (isFresh() ? undefined : catchUp().catch(refuse)),
    seek() {
      if (reading !== null) return reading.catch(refuse);
      const fresh = isFresh();
      if (isWithin(soughtAt, fresh ? SEEK_PAUSE_MS : RETRY_PAUSE_MS)) {
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
      if (readAt === null || isFresh() || reading !== null || isWithin(triedAt, RETRY_PAUSE_MS)) return;
      inBackground();
    },
    isLoaded: () => readAt !== null,
  };
}

function refuse(thrown: unknown): never {
  throw thrown instanceof StoreError ? thrown : unknown(thrown);
}

function unknown(cause?: unknown): StoreError {
  return new StoreError('the signing keys cannot be read, so it is not known which there are', { cause });
}

/** A reading in the background that fails leaves what is known as it is; the next use tries again. */
function ignore(): void {}
