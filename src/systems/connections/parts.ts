import type { Clock } from '../../core/clock.ts';
import type { EntryGuard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import type { DecisionEvent, EventSink } from '../../core/events.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Principal } from '../../core/principal.ts';
import type { RequestNamer } from '../../core/request-id.ts';
import type { Connections } from '../../services/connections/contract.ts';
import type { Interactions } from '../../services/interactions.ts';

/** What the endpoints work with. */
export interface ConnectionsParts {
  readonly connections: Connections;
  readonly entry: EntryGuard<Principal>;
  readonly browsers: Interactions;
  readonly publicUrl: string;
  readonly returnUrls: ReadonlySet<string>;
  /** `null` for nobody, and where the host does not say. */
  readonly signedInUser: (exchange: Exchange) => Promise<string | null>;
  /** The address that a provider sends browsers back to. */
  readonly callbackUrlOf: (kind: string) => string;
  readonly dialect: Dialect;
  readonly onEvent: EventSink<DecisionEvent> | undefined;
  readonly requestId: RequestNamer | undefined;
  readonly clock: Clock;
}

export const PREFIX = '/api/v1/connections';

/** The name of what a browser holds while it is away at a provider. */
export const BROWSER = 'connections';
