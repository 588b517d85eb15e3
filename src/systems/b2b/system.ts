import type { EntryGuard, Guard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import type { Principal } from '../../core/principal.ts';
import { authenticate } from '../../middleware/authenticate.ts';
import { ipAllowlist } from '../../middleware/ip-allowlist.ts';
import { allowlists, subjectsOf, type Allowlists } from '../../services/allowlists.ts';
import type { Sessions } from '../../services/sessions/contract.ts';
import { type AuthenticateRouteOptions, entryByRoute } from '../asking-entry.ts';
import { endpointTable, type System } from '../endpoints.ts';
import { pairParts } from '../pair-parts.ts';
import { b2bDialect } from './dialect.ts';
import { b2bEndpoints } from './endpoints.ts';
import { readB2bOptions, type B2bOptions } from './options.ts';
import { B2B_NAMING, type B2bPrincipal } from './tokens.ts';

export type { B2bOptions, B2bUser } from './options.ts';
export type { B2bPrincipal } from './tokens.ts';

/** The B2B API: `POST /auth/login`, `/auth/refresh` and `/auth/logout`, and guards for the host's own routes. */
export interface B2bSystem extends System {
  /** The beginning of a guard for a protected route: `guard(b2b.authenticate(), b2b.ipAllowlist())`. */
  authenticate(options?: AuthenticateRouteOptions): EntryGuard<B2bPrincipal>;
  /** Refuses requests from addresses that are not on the client's list; a client without a list may come from anywhere. */
  ipAllowlist(): Guard;
  /** How this system writes refusals. */
  readonly dialect: Dialect;
  /** Sessions of clients; the owner is the client id as text. */
  readonly sessions: Sessions;
  /** Allowlists of clients; the subject of client 7 is `client:7`. */
  readonly allowlists: Allowlists;
}

/**
 * Builds the B2B API over a store and a directory.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`.
 */
export function b2bSystem(options: B2bOptions): B2bSystem {
  const config = readB2bOptions(options);
  const { store, clock, onEvent, requestId } = config;
  const parts = pairParts('b2b', 'b2bSystem', config, B2B_NAMING);
  const { feed, sessions, strategy } = parts;
  const dialect = b2bDialect();
  const entry: EntryGuard<B2bPrincipal> = { ...authenticate(strategy), dialect, onEvent, requestId };
  const lists = allowlists({ store, feed, clock, onEvent });
  const { trustedProxies, clientAddress, onUntrustedForward } = config;
  const addressGuard = ipAllowlist({
    lists,
    subjects: listsOf,
    trustedProxies,
    clientAddress,
    onUntrustedForward,
    clock,
  });
  const endpoints = b2bEndpoints({ ...parts, directory: config.directory, entry, addressGuard });

  return {
    name: 'b2b',
    endpoints,
    prefixes: PREFIXES,
    handle: endpointTable(endpoints, {
      dialect,
      schemes: ['Bearer'],
      prefixes: PREFIXES,
      clock,
      onEvent,
      requestId,
    }),
    async close() {
      await lists.close();
      await feed.close();
    },
    authenticate: entryByRoute('b2b.authenticate', entry, feed),
    ipAllowlist: () => addressGuard,
    dialect,
    sessions,
    allowlists: lists,
  };
}

/** The list of the client, and that of whoever acts as it. */
function listsOf(principal: Principal): readonly string[] {
  return subjectsOf({ ...principal, account: undefined, workspace: undefined });
}

const PREFIXES: readonly string[] = ['/auth'];
