import { endpointTable, type System } from '../endpoints.ts';
import { connectionEndpoints } from './endpoints.ts';
import { PREFIX, readConnectionsSystemOptions, type ConnectionsSystemOptions } from './options.ts';

export type { ConnectionsSystemOptions } from './options.ts';

/** The endpoints of connections below `/api/v1/connections/`. */
export interface ConnectionsSystem extends System {
  /** The address to register at the provider of a kind. */
  callbackUrlOf(kind: string): string;
}

/**
 * Builds the endpoints by which a user connects accounts at providers to their workspace: begin, callback, list, check and
 * disconnect. Credentials come from `authenticate`, so that they stand beside any system that has users in workspaces.
 *
 * An authorisation is bound to the browser that began it by a cookie, which the answer of `authorize/` sets: a front end on
 * another origin of the same site asks with `credentials: 'include'`.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`.
 */
export function connectionsSystem(options: ConnectionsSystemOptions): ConnectionsSystem {
  const parts = readConnectionsSystemOptions(options);
  const { dialect, entry, clock, onEvent, requestId } = parts;
  const endpoints = connectionEndpoints(parts);
  const prefixes = [PREFIX];
  return {
    name: 'connections',
    endpoints,
    prefixes,
    handle: endpointTable(endpoints, {
      dialect,
      schemes: entry.schemes,
      prefixes,
      clock,
      onEvent,
      requestId,
    }),
    close: () => Promise.resolve(),
    callbackUrlOf: (kind) => parts.callbackUrlOf(kind),
  };
}
