import { ConfigError } from '../../core/errors.ts';
import { isOver, type ApiKeyDocument, type ApiKeySecret, type KeptSecret } from './document.ts';

/** A secret before it has a place among those of its key. */
export type NewSecret = Pick<KeptSecret, 'format' | 'hash'>;

/** Whether a key can still be used: not revoked, and not over. */
export function isLive({ revokedAt, expiresAt }: ApiKeyDocument, now: number): boolean {
  return revokedAt === null && !isOver(expiresAt, now);
}

/**
 * Puts a new secret in the place of the current one.
 *
 * @param endsAt From when on all earlier secrets are refused; `null` leaves them without an end, and none gets a later
 *   one than it has.
 * @throws {@link ConfigError} `option_conflict` when too many earlier secrets would still work.
 */
export function supersede(
  document: ApiKeyDocument,
  { format, hash }: NewSecret,
  now: number,
  endsAt: number | null,
): ApiKeyDocument {
  const earlier = document.secrets
    .filter((secret) => !isOver(secret.endsAt, now))
    .map((secret) => ({
      ...secret,
      supersededAt: secret.supersededAt ?? now,
      endsAt: earlierOf(secret.endsAt, endsAt),
    }));
  if (earlier.filter((secret) => !isOver(secret.endsAt, now)).length > MOST_EARLIER_SECRETS) {
    throw new ConfigError(
      'option_conflict',
      `apiKeys.rotate: ${MOST_EARLIER_SECRETS} earlier secrets of this key still work. End them with finishRotation, or give overlapSeconds.`,
    );
  }
  const serial = Math.max(0, ...document.secrets.map((secret) => secret.serial)) + 1;
  const current: KeptSecret = { serial, format, createdAt: now, supersededAt: null, endsAt: null, hash };
  return { ...document, secrets: [...earlier, current] };
}

/** Whether a rotation replaced this secret and it still works. */
export function isRetiring({ supersededAt, endsAt }: ApiKeySecret, now: number): boolean {
  return supersededAt !== null && !isOver(endsAt, now);
}

/** Ends the retiring secrets among these; the same document when there are none. */
export function retire(document: ApiKeyDocument, serials: readonly number[], now: number): ApiKeyDocument {
  const ends = (secret: KeptSecret): boolean => serials.includes(secret.serial) && isRetiring(secret, now);
  if (!document.secrets.some(ends)) return document;
  return {
    ...document,
    secrets: document.secrets.map((secret) => (ends(secret) ? { ...secret, endsAt: now } : secret)),
  };
}

export function earlierOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Each costs a digest on every request of its key. */
const MOST_EARLIER_SECRETS = 8;
