import type { Exchange } from '../core/exchange.ts';
import type { Actor } from '../core/principal.ts';
import type { Family, Json } from '../core/store.ts';
import { formatAddress, type Address } from '../network/address.ts';

/** What every session keeps besides its tokens, for requests and for people who look at their sessions. */
export interface SessionData {
  readonly userId: string;
  /** The `User-Agent` at login, shortened; `null` when there was none. */
  readonly device: string | null;
  /** The client's address at login. */
  readonly address: string | null;
  /** Who acts as the user, when the session is an impersonation. */
  readonly actor: SessionActor | null;
}

/** Who impersonates, why, and how far. */
export interface SessionActor {
  readonly id: string;
  readonly sessionId: string;
  readonly reason: string;
  readonly readOnly: boolean;
}

/** A session in the words of whoever lists it; times in milliseconds since the Unix epoch. */
export interface SessionInfo {
  readonly id: string;
  readonly createdAt: number;
  /** When its tokens were last issued. */
  readonly lastUsedAt: number;
  readonly expiresAt: number;
  readonly device: string | null;
  readonly address: string | null;
  readonly actor: SessionActor | null;
}

/** The data of a new session; `more` is the system's own. */
export function newSessionData(
  userId: string,
  exchange: Exchange,
  address: Address | null,
  more: { readonly [key: string]: Json } = {},
): Json {
  const device = exchange.headerLines('user-agent')[0];
  const data: SessionData = {
    userId,
    device: device === undefined ? null : printable(device).slice(0, MAX_DEVICE_CHARACTERS),
    address: address === null ? null : formatAddress(address),
    actor: null,
  };
  return { ...more, ...(data as unknown as { readonly [key: string]: Json }) };
}

/** The data of a session in which somebody acts as a user. */
export function impersonationData(
  userId: string,
  actor: SessionActor,
  more: { readonly [key: string]: Json } = {},
): Json {
  const data: SessionData = { userId, device: null, address: null, actor };
  return { ...more, ...(data as unknown as { readonly [key: string]: Json }) };
}

/** Reads the data of a session that this package has written; the further members are the system's own. */
export function sessionDataOf(family: Family): SessionData & { readonly [key: string]: unknown } {
  return family.data as unknown as SessionData & { readonly [key: string]: unknown };
}

/** What a principal says of whoever acts as it: nothing, where nobody does. */
export function actingOf({ actor }: Pick<SessionData, 'actor'>): {
  readonly actor?: Actor;
  readonly readOnly?: boolean;
} {
  if (actor === null) return {};
  return { actor: { kind: 'user', id: actor.id, sessionId: actor.sessionId }, readOnly: actor.readOnly };
}

export function sessionInfoOf(family: Family): SessionInfo {
  const { device, address, actor } = sessionDataOf(family);
  const { id, createdAt, rotatedAt, expiresAt } = family;
  return { id, createdAt, lastUsedAt: rotatedAt, expiresAt, device, address, actor };
}

const MAX_DEVICE_CHARACTERS = 200;

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '');
}
