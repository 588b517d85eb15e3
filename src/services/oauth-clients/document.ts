import type { Json, StoredRecord } from '../../core/store.ts';

/** The kind of the records; their id is the client id, and their first slot is the same for all, to list them. */
export const CLIENT_KIND = 'oauth_client';
export const ALL_CLIENTS = 'all';

/** The grant types that an application may use, as they stand in requests. */
export const GRANT_TYPES = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
] as const;

/** The value of `grant_type` of a grant that the server knows (RFC 6749, RFC 8628 section 3.4). */
export type OAuthGrantType = (typeof GRANT_TYPES)[number];

/** One application, without anything that could be presented. Times are milliseconds since the Unix epoch. */
export interface OAuthClient {
  readonly clientId: string;
  /** What people read when they are asked for consent. */
  readonly name: string;
  /** Who stands behind it, for the same people. */
  readonly owner: string;
  /** A confidential application has a secret; a public one can keep none, such as one on a user's own device. */
  readonly type: 'confidential' | 'public';
  readonly grants: readonly OAuthGrantType[];
  readonly scopes: readonly string[];
  readonly redirectUris: readonly string[];
  /** Whether a user's consent is for a service account, which acts in the user's place. */
  readonly serviceAccount: boolean;
  /** The teams for which it may get tokens of its own. */
  readonly teams: readonly string[];
  /** Whether it may introspect the tokens of other applications, as an API that they call must. */
  readonly introspectsAll: boolean;
  readonly createdAt: number;
  /** When it was disabled; `null` while it is not. */
  readonly disabledAt: number | null;
  /** What was issued until then is over, for good; `null` when it was never disabled. */
  readonly endedAt: number | null;
  /** The secrets that work or have worked lately, oldest first; the last one is the current one. */
  readonly secrets: readonly OAuthClientSecret[];
}

/** What is known of one secret. */
export interface OAuthClientSecret {
  /** Counts the secrets of an application from 1. */
  readonly serial: number;
  readonly createdAt: number;
  /** From this moment on it is refused; `null` for the current one. */
  readonly endsAt: number | null;
}

/** A secret as it is kept: its hash beside what may be shown. */
export interface KeptClientSecret extends OAuthClientSecret {
  readonly hash: string;
}

/** An application as it is kept. */
export interface ClientDocument extends Omit<OAuthClient, 'clientId' | 'secrets'> {
  readonly secrets: readonly KeptClientSecret[];
}

export function clientDocumentOf(record: StoredRecord): ClientDocument {
  return record.data as Json & ClientDocument;
}

/** What may be shown of an application; of its secrets nothing that could be presented or compared. */
export function toClient(clientId: string, document: ClientDocument): OAuthClient {
  const { name, owner, type, grants, scopes, redirectUris, serviceAccount, teams, introspectsAll } = document;
  const { createdAt, disabledAt, endedAt } = document;
  return {
    clientId,
    name,
    owner,
    type,
    grants,
    scopes,
    redirectUris,
    serviceAccount,
    teams,
    introspectsAll,
    createdAt,
    disabledAt,
    endedAt,
    secrets: document.secrets.map(({ serial, createdAt: madeAt, endsAt }) => ({
      serial,
      createdAt: madeAt,
      endsAt,
    })),
  };
}
