import type { Exchange } from './exchange.ts';
import type { Principal } from './principal.ts';
import type { ReasonCode } from './reasons.ts';

export { deliver, failedDeliveries, type EventSink } from './event-delivery.ts';

/** What one guard chain decided about one request. It never holds a credential, a header, a query or a body. */
export interface DecisionEvent {
  readonly type: 'decision';
  readonly outcome: 'allowed' | 'denied' | 'failed';
  /** The guard that refused or failed; the whole chain's entry when all allowed. */
  readonly guard: string;
  /** Why it was refused; `null` when it was allowed. */
  readonly reason: ReasonCode | null;
  /** Which of the guard's rules decided, in its own words, as a network or a key's public id; `null` when it names none. */
  readonly rule: string | null;
  /** The same in all events of one request. */
  readonly requestId: string;
  readonly principal: EventPrincipal | null;
  readonly method: string;
  readonly path: string;
  readonly peerAddress: string | null;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** What was thrown, when the outcome is `failed`. It is the host's or an engine's own error: log it with care. */
  readonly cause?: unknown;
}

/** What happened to a session: one login's chain of tokens. */
export interface SessionEvent {
  readonly type: 'session';
  readonly action:
    'started' | 'impersonated' | 'refreshed' | 'repeated' | 'reuse_detected' | 'revoked' | 'owner_revoked';
  /** The system that the session belongs to. */
  readonly system: string;
  /** Whose session it is. */
  readonly owner: string;
  /** The session; `null` when all of the owner's were revoked. */
  readonly sessionId: string | null;
  /** Who acts as the owner in this session; `null` when nobody does. */
  readonly actor: string | null;
  /** Why it was revoked or impersonated, in the words of whoever did it. */
  readonly reason: string | null;
  readonly at: number;
}

/** Code left the workspace of its request on purpose. */
export interface WorkspaceEvent {
  readonly type: 'workspace';
  readonly action: 'unscoped';
  /** Why, in the words of whoever wrote the code. */
  readonly reason: string;
  /** The workspace that was left; `null` outside any. */
  readonly workspace: string | null;
  readonly at: number;
}

/** Somebody changed who may come from where. */
export interface AllowlistEvent {
  readonly type: 'allowlist';
  /**
   * `observed`, `enforced`, `switched_off`: the list's mode was set. `overridden`: everyone may pass until a moment,
   * whatever the list says. `override_ended`: somebody ended that before its time; its end by itself has no event.
   */
  readonly action:
    | 'added'
    | 'removed'
    | 'cleared'
    | 'observed'
    | 'enforced'
    | 'switched_off'
    | 'overridden'
    | 'override_ended';
  /** Whose list it is: its subject key. */
  readonly list: string;
  /** The network that was added or removed. */
  readonly network?: string | undefined;
  /** Who did it, as they were named to the edit. */
  readonly author?: string | undefined;
  /** Why the list is overridden, in the words of whoever did it. */
  readonly reason?: string | undefined;
  /** When the override ends by itself, in milliseconds since the Unix epoch. */
  readonly until?: number | undefined;
  readonly at: number;
}

/** Somebody made, changed or ended an API key. The event holds nothing of the key but its public id. */
export interface ApiKeyEvent {
  readonly type: 'api_key';
  /** `retired`: a secret that had been replaced was ended; the key goes on. */
  readonly action: 'created' | 'updated' | 'rotated' | 'retired' | 'revoked';
  readonly keyId: string;
  readonly workspace: string;
  /** Who did it, as they were named to the edit. */
  readonly author?: string | undefined;
  readonly at: number;
}

/** What happened to the keys of a ring that is kept in a store. */
export interface SigningKeyEvent {
  readonly type: 'signing_key';
  /**
   * `prepared`: a key was made and is published. `promoted`: it signs now. `revoked`: a key was taken out at once.
   * `unreadable`: the keys could not be read, after they could before; what is known goes on being used.
   */
  readonly action: 'prepared' | 'promoted' | 'revoked' | 'unreadable';
  /** The ring's name. */
  readonly ring: string;
  /** The key; `null` when it is about all of them. */
  readonly kid: string | null;
  readonly at: number;
  /** What was thrown, when the keys could not be read. It may be an engine's own error: log it with care. */
  readonly cause?: unknown;
}

/** The party of an event. */
export interface EventPrincipal {
  readonly kind: Principal['kind'];
  readonly id: string;
  readonly workspace: string | null;
  readonly actor: string | null;
}

/** What happened to a workspace's connection to a provider. It never holds a token. */
export interface ConnectionEvent {
  readonly type: 'connection';
  /**
   * `connected`: a user authorised it, for the first time or again. `failed`: it cannot be used until it is authorised
   * again, told once. `recovered`: a check found that it can be used after all. `disconnected`: its tokens are forgotten.
   * `unreadable`: its sealed tokens could not be opened.
   */
  readonly action: 'connected' | 'failed' | 'recovered' | 'disconnected' | 'unreadable';
  readonly connectionId: string;
  /** The kind of the connection, such as `google-ads`. */
  readonly kind: string;
  readonly workspace: string;
  /** Why it failed; `null` for the other actions. */
  readonly reason: string | null;
  /** What the provider said to the disconnection; `null` for the other actions. */
  readonly revocation: 'revoked' | 'failed' | 'shared' | 'skipped' | null;
  /** Who did it, as they were named; `null` when nobody did. */
  readonly author: string | null;
  readonly at: number;
}

/** Somebody made, changed or ended an OAuth application or one of its service accounts. It never holds a secret. */
export interface OAuthClientEvent {
  readonly type: 'oauth_client';
  readonly action:
    | 'created'
    | 'updated'
    | 'disabled'
    | 'enabled'
    | 'secret_rotated'
    | 'service_account_disabled'
    | 'service_account_enabled';
  readonly clientId: string;
  /** The service account that was switched; `null` when it is about the application. */
  readonly serviceAccount: string | null;
  /** Who did it, as they were named to the edit. */
  readonly author?: string | undefined;
  readonly at: number;
}

/** Whatever the package tells of, told apart by `type`. A later release may have more types. */
export type PublishedEvent =
  | DecisionEvent
  | SessionEvent
  | WorkspaceEvent
  | AllowlistEvent
  | ApiKeyEvent
  | SigningKeyEvent
  | ConnectionEvent
  | OAuthClientEvent;

/** The members that every event about a request shares. */
export function eventSubject(
  exchange: Exchange,
  principal: Principal | null,
): Pick<DecisionEvent, 'principal' | 'method' | 'path' | 'peerAddress'> {
  return {
    principal:
      principal === null
        ? null
        : {
            kind: principal.kind,
            id: principal.id,
            workspace: principal.workspace ?? null,
            actor: principal.actor?.id ?? null,
          },
    method: exchange.method,
    path: exchange.path,
    peerAddress: exchange.peerAddress ?? null,
  };
}
