import { systemClock, type Clock } from '../core/clock.ts';
import type { EventSink, OAuthClientEvent } from '../core/events.ts';
import { callback, implementing, optional, parseOptions } from '../core/options.ts';
import type { FeedStore, RecordStore } from '../core/store.ts';
import { clientAdministration } from './oauth-clients/administration.ts';
import type { OAuthClients } from './oauth-clients/contract.ts';

export type { OAuthClientEvent } from '../core/events.ts';
export type {
  EditOptions,
  IssuedOAuthClient,
  OAuthClientPage,
  OAuthClients,
  RotateSecretOptions,
} from './oauth-clients/contract.ts';
export type { OAuthClient, OAuthClientSecret, OAuthGrantType } from './oauth-clients/document.ts';
export type { NewOAuthClient, OAuthClientChanges } from './oauth-clients/new-client.ts';
export type { ServiceAccount } from './oauth-clients/service-accounts.ts';

export interface OAuthClientsOptions {
  /** Where applications are kept, and into whose feed edits are written. */
  readonly store: RecordStore & Pick<FeedStore, 'feedAppend'>;
  readonly clock?: Clock | undefined;
  /** Is told of every edit, once it is in the store; what it throws changes nothing. */
  readonly onEvent?: EventSink<OAuthClientEvent> | undefined;
}

/**
 * Builds the service over a store. Secrets are kept as hashes only. An edit is in force in each process as soon as it
 * reads the store's feed; `oauthSystem` has the same functions in `clients`, whose edits are in force there at once.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 */
export function oauthClients(options: OAuthClientsOptions): OAuthClients {
  return clientAdministration(
    parseOptions('oauthClients', options, {
      store: implementing<OAuthClientsOptions['store']>(
        'a store, such as memoryStore()',
        'get',
        'put',
        'list',
        'feedAppend',
      ),
      clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
      onEvent: optional(callback<EventSink<OAuthClientEvent>>()),
    }),
  );
}
