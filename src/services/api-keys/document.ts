import type { Principal } from '../../core/principal.ts';
import type { Json, StoredRecord } from '../../core/store.ts';
import type { ApiKeyFormat } from '../../tokens/api-key-format.ts';

/** The kind of the records; their id is the key's public id, and their first slot is the workspace. */
export const API_KEY_KIND = 'apikey';

/** One API key, without anything that could be presented. Times are milliseconds since the Unix epoch. */
export interface ApiKeyRecord {
  /** The public id: it stands in the key and is no secret. */
  readonly id: string;
  readonly workspace: string;
  readonly name: string;
  readonly label: string | null;
  readonly scopes: readonly string[];
  /** The networks that requests must come from, in canonical form; `null` for everywhere. */
  readonly networks: readonly string[] | null;
  /** How much the key may be used; its strategy holds it to that. */
  readonly rateLimit: ApiKeyRateLimit | null;
  readonly createdAt: number;
  /** From this moment on the key is refused; `null` for never. */
  readonly expiresAt: number | null;
  /** When it was revoked; `null` while it is not. */
  readonly revokedAt: number | null;
  /** The secrets that work or have worked lately, oldest first; the last one is the current one. */
  readonly secrets: readonly ApiKeySecret[];
}

/** The most requests with a key in a window of so many seconds; what is beyond is answered 429. */
export interface ApiKeyRateLimit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What is known of one secret of a key; a key that is being rotated has several. */
export interface ApiKeySecret {
  /** Counts the secrets of a key from 1. */
  readonly serial: number;
  readonly format: ApiKeyFormat;
  readonly createdAt: number;
  /** When a rotation replaced it; `null` for the current one. */
  readonly supersededAt: number | null;
  /** From this moment on it is refused; `null` while nobody has set an end. */
  readonly endsAt: number | null;
}

/** Who a request with an API key is. */
export interface ApiKeyPrincipal extends Principal {
  readonly kind: 'api_key';
  readonly workspace: string;
  readonly scopes: readonly string[];
  readonly networks: readonly string[] | null;
  readonly rateLimit: ApiKeyRateLimit | null;
}

/** A secret as it is kept: the digest of the whole key beside what may be shown. */
export interface KeptSecret extends ApiKeySecret {
  readonly hash: string;
}

/** A key as it is kept. */
export interface ApiKeyDocument extends Omit<ApiKeyRecord, 'id' | 'secrets'> {
  readonly secrets: readonly KeptSecret[];
}

export function documentOf(record: StoredRecord): ApiKeyDocument {
  return record.data as Json & ApiKeyDocument;
}

/** What may be shown of a key. The members are named one by one, so that nothing else of what is kept gets out. */
export function toRecord(id: string, document: ApiKeyDocument): ApiKeyRecord {
  const { workspace, name, label, scopes, networks, rateLimit, createdAt, expiresAt, revokedAt } = document;
  const secrets = document.secrets.map(({ serial, format, createdAt: madeAt, supersededAt, endsAt }) => ({
    serial,
    format,
    createdAt: madeAt,
    supersededAt,
    endsAt,
  }));
  return {
    id,
    workspace,
    name,
    label,
    scopes,
    networks,
    rateLimit,
    createdAt,
    expiresAt,
    revokedAt,
    secrets,
  };
}

export function toPrincipal(id: string, document: ApiKeyDocument): ApiKeyPrincipal {
  const { workspace, scopes, networks, rateLimit } = document;
  return Object.freeze({
    kind: 'api_key',
    id,
    workspace,
    scopes: Object.freeze([...scopes]),
    networks: networks === null ? null : Object.freeze([...networks]),
    rateLimit: rateLimit === null ? null : Object.freeze({ ...rateLimit }),
  });
}

/** Whether a moment has come; `null` never does. A credential is over at its expiry, not after it. */
export function isOver(end: number | null, now: number): boolean {
  return end !== null && now >= end;
}
