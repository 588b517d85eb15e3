import { endpointTable, type System } from '../endpoints.ts';
import { connectionEndpoints } from './endpoints.ts';
import { readConnectionsSystemOptions, type ConnectionsSystemOptions } from './options.ts';
import { PREFIX } from './parts.ts';

export type { ConnectionsSystemOptions } from './options.ts';

/** The endpoints of connections below `/api/v1/connections/`, and the page for people where it was given. */
export interface ConnectionsSystem extends System {
  /** The address to register at the provider of a kind. */
  readonly callbackUrlOf: (kind: string) => string;
}

/**
 * Builds the endpoints by which a user connects accounts at providers to their workspace: begin, callback, list, check and
 * disconnect. Credentials come from `authenticate`, so that they stand beside any system that has users in workspaces.
 *
 * An authorization is bound to the browser that began it by a cookie, which the answer of `authorize/` sets: a front end on
 * another origin of the same site asks with `credentials: 'include'`.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`.
 */
export function connectionsSystem(options: ConnectionsSystemOptions): ConnectionsSystem {
  const read = readConnectionsSystemOptions(options);
  const pages = read.pages?.open(read.parts) ?? null;
  const parts =
    read.knowsUsers || pages === null ? read.parts : { ...read.parts, signedInUser: pages.signedInUser };
  const { dialect, entry, clock, onEvent, requestId, callbackUrlOf } = parts;
  const endpoints = [...connectionEndpoints(parts, pages), ...(pages?.endpoints ?? [])];
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
    callbackUrlOf,
  };
}
