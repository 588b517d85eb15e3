import type { AuthError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { HeaderLine } from '../../core/reply.ts';
import type { StoredRecord } from '../../core/store.ts';
import { parseNetwork } from '../../network/network.ts';
import { NetworkSet } from '../../network/network-set.ts';
import type { ApiKeyHasher, KeptHash, UncheckableHash } from '../../tokens/api-key-hash.ts';
import {
  documentOf,
  toPrincipal,
  type ApiKeyDocument,
  type ApiKeyPrincipal,
  type ApiKeyRateLimit,
  type KeptSecret,
} from './document.ts';
import { earlierOf } from './secrets.ts';

/** A key whose secret was right and which is neither expired nor revoked. */
export interface VerifiedApiKey {
  readonly principal: ApiKeyPrincipal;
  /** Where requests must come from; `null` for everywhere. Whoever recognises requests by this key holds it to them. */
  readonly networks: NetworkSet | null;
  /**
   * Counts one request against the key's limit and says why it may not pass; `null` when the key has none. It is called
   * last, when nothing else refuses the request, so that nobody without the key's networks can use the limit up.
   */
  readonly admit: (() => MaybePromise<AuthError | null>) | null;
  /** To be told where a secret that was replaced is still used from; `null` for the current one. */
  readonly seenFrom: ((address: string) => void) | null;
  /** What tells a caller that its secret was replaced: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594). */
  readonly headers: readonly HeaderLine[] | undefined;
}

/** What is done when a key is used. */
export interface KeyUses {
  admit(id: string, rate: ApiKeyRateLimit): MaybePromise<AuthError | null>;
  seenFrom(id: string, serial: number, address: string): void;
}

/** A key in memory, ready to be compared. */
export interface KnownKey {
  readonly id: string;
  readonly version: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  readonly secrets: readonly KnownSecret[];
}

export interface KnownSecret {
  readonly serial: number;
  readonly hash: KeptHash | UncheckableHash;
  readonly endsAt: number | null;
  readonly verified: VerifiedApiKey;
}

export function toKnownKey(record: StoredRecord, hasher: ApiKeyHasher, uses: KeyUses): KnownKey {
  const document = documentOf(record);
  const principal = toPrincipal(record.id, document);
  const networks = networksOf(document);
  const { id } = record;
  const { rateLimit } = document;
  const admit = rateLimit === null ? null : () => uses.admit(id, rateLimit);
  return {
    id,
    version: record.version,
    expiresAt: document.expiresAt,
    revokedAt: document.revokedAt,
    secrets: document.secrets.map((secret) => ({
      serial: secret.serial,
      hash: hasher.read(secret.hash),
      endsAt: secret.endsAt,
      verified: Object.freeze({
        principal,
        networks,
        admit,
        seenFrom:
          secret.supersededAt === null
            ? null
            : (address: string) => uses.seenFrom(id, secret.serial, address),
        headers: farewellOf(secret, document.expiresAt),
      }),
    })),
  };
}

/** A text that is no network after all contains nothing, so that the key is good for nowhere and not for everywhere. */
function networksOf({ networks }: ApiKeyDocument): NetworkSet | null {
  if (networks === null) return null;
  const readings = networks.map(parseNetwork);
  return NetworkSet.of(readings.flatMap((reading) => (reading.ok ? [reading.network] : [])));
}

/** Dates in headers have whole seconds; the end is rounded down, so that nobody counts on a second that is not there. */
function farewellOf(
  { supersededAt, endsAt }: KeptSecret,
  keyExpiresAt: number | null,
): readonly HeaderLine[] | undefined {
  if (supersededAt === null) return undefined;
  const headers: HeaderLine[] = [['Deprecation', `@${Math.floor(supersededAt / 1000)}`]];
  const end = earlierOf(endsAt, keyExpiresAt);
  if (end !== null) headers.push(['Sunset', new Date(end).toUTCString()]);
  return Object.freeze(headers);
}
