import { StoreError } from '../../core/errors.ts';
import type { Json } from '../../core/store.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../../tokens/algorithms.ts';
import type { KeyState } from '../../tokens/ring-keys.ts';

/** The kind under which rings are kept: one record for each ring, so that every change of it is one atomic step. */
export const SIGNING_KEY_KIND = 'signing-key';

/** One key at rest. Times are milliseconds since the Unix epoch. */
export interface StoredKey {
  readonly kid: string;
  readonly algorithm: JwtAlgorithm;
  /** The secret or private half, sealed; what is public about the key is derived from it and stands nowhere else. */
  readonly sealed: string;
  /** Since when it verifies and is published. */
  readonly publishedAt: number;
  /** Since when it signs; `null` for a key that is next. */
  readonly activatedAt: number | null;
  /** Since when it no longer signs. */
  readonly retiredAt: number | null;
  /** From then on it is gone. */
  readonly forgetAt: number | null;
}

/**
 * Reads a ring's record.
 *
 * @throws {@link StoreError} When the record is not a ring: guessing could bring back a key that was withdrawn.
 */
export function readDocument(ring: string, data: Json): readonly StoredKey[] {
  const { format, keys } = isObject(data) ? data : {};
  if (format === FORMAT && Array.isArray(keys) && keys.every(isStoredKey)) return keys;
  throw new StoreError(`the signing keys of the ring "${ring}" cannot be read: their record is damaged`);
}

/** A ring's record. */
export function toDocument(keys: readonly StoredKey[]): Json {
  return {
    format: FORMAT,
    keys: keys.map(({ kid, algorithm, sealed, publishedAt, activatedAt, retiredAt, forgetAt }) => ({
      kid,
      algorithm,
      sealed,
      publishedAt,
      activatedAt,
      retiredAt,
      forgetAt,
    })),
  };
}

/** Which of the three states a key is in. */
export function stateOf({ activatedAt, retiredAt }: StoredKey): KeyState {
  if (retiredAt !== null) return 'retired';
  return activatedAt === null ? 'next' : 'active';
}

/** Whether a key is gone, whether or not somebody has deleted it yet. */
export function isForgotten({ forgetAt }: Pick<StoredKey, 'forgetAt'>, now: number): boolean {
  return forgetAt !== null && forgetAt <= now;
}

const FORMAT = 1;

function isStoredKey(value: Json): value is Json & StoredKey {
  if (!isObject(value)) return false;
  const { kid, algorithm, sealed, publishedAt, activatedAt, retiredAt, forgetAt } = value;
  return (
    typeof kid === 'string' &&
    JWT_ALGORITHMS.some((known) => known === algorithm) &&
    typeof sealed === 'string' &&
    isTime(publishedAt) &&
    [activatedAt, retiredAt, forgetAt].every((time) => time === null || isTime(time)) &&
    // A retired key without an end would verify for ever.
    (retiredAt === null) === (forgetAt === null)
  );
}

function isTime(value: Json | undefined): boolean {
  return Number.isSafeInteger(value);
}

function isObject(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
