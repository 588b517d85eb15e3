import type { Clock } from '../../core/clock.ts';
import { ConfigError, StoreError } from '../../core/errors.ts';
import { publishEvent } from '../../core/event-publishing.ts';
import type { EventSink, OAuthClientEvent } from '../../core/events.ts';
import { integer, line, optional, parseOptions } from '../../core/options.ts';
import { randomToken } from '../../core/secrets.ts';
import type { FeedStore, Json, RecordStore } from '../../core/store.ts';
import { editRecord } from '../edit-record.ts';
import type { OAuthClients } from './contract.ts';
import { ALL_CLIENTS, CLIENT_KIND, clientDocumentOf, toClient, type ClientDocument } from './document.ts';
import { readClientChanges, readNewClient, refuseConflicts, teamOption } from './new-client.ts';
import { supersedeSecret } from './secrets.ts';
import { serviceAccountRecords, switchedTo } from './service-accounts.ts';

export interface ClientAdministrationParts {
  readonly store: RecordStore & Pick<FeedStore, 'feedAppend'>;
  readonly clock: Clock;
  readonly onEvent: EventSink<OAuthClientEvent> | undefined;
  /** Makes an edit known in this process before it resolves. */
  readonly settle?: (() => Promise<void>) | undefined;
}

/** Builds the functions of an operator; each checks what it is given before it reads or writes anything. */
export function clientAdministration(parts: ClientAdministrationParts): OAuthClients {
  const { store, clock, onEvent, settle } = parts;
  const accounts = serviceAccountRecords(store, clock);

  function tell(
    action: OAuthClientEvent['action'],
    clientId: string,
    author: string | undefined,
    serviceAccount: string | null = null,
  ): void {
    publishEvent(
      { type: 'oauth_client', action, clientId, serviceAccount, author, at: clock.now() },
      onEvent,
    );
  }

  async function announce(prefix: string, id: string): Promise<void> {
    await store.feedAppend([{ key: prefix + id, value: 0, expiresAt: clock.now() + FEED_MS }]);
    await settle?.();
  }

  async function edit(
    clientId: string,
    action: OAuthClientEvent['action'],
    author: string | undefined,
    change: (document: ClientDocument) => ClientDocument | null,
  ): Promise<{ readonly document: ClientDocument; readonly changed: boolean } | null> {
    const edited = await editRecord<ClientDocument>(store, CLIENT_KIND, clientId, change);
    if (edited === null) return null;
    if (edited.changed) tell(action, clientId, author);
    // Also when there was nothing to change: an edit is repeated when its announcement failed.
    await announce(CLIENT_FEED, clientId);
    return { document: edited.data, changed: edited.changed };
  }

  async function setDisabled(clientId: string, disabled: boolean, options: unknown): Promise<boolean | null> {
    const action = disabled ? 'disabled' : 'enabled';
    const { author } = parseOptions(`oauthClients.${disabled ? 'disable' : 'enable'}`, options, EDIT);
    const now = clock.now();
    const edited = await edit(clientId, action, author, (document) => switchedTo(document, disabled, now));
    return edited?.changed ?? null;
  }

  async function setAccountDisabled(
    id: string,
    disabled: boolean,
    options: unknown,
  ): Promise<boolean | null> {
    const { author } = parseOptions('oauthClients.disableServiceAccount', options, EDIT);
    const edited = await accounts.setDisabled(id, disabled);
    if (edited === null) return null;
    const action = disabled ? 'service_account_disabled' : 'service_account_enabled';
    if (edited.changed) tell(action, edited.account.clientId, author, id);
    await announce(SERVICE_ACCOUNT_FEED, id);
    return edited.changed;
  }

  return {
    async create(newClient, options = {}) {
      const { clientId: wanted, ...settings } = readNewClient(newClient);
      const { author } = parseOptions('oauthClients.create', options, EDIT);
      const clientId = wanted ?? randomToken(128);
      const createdAt = clock.now();
      const clientSecret = settings.type === 'confidential' ? randomToken(256) : null;
      const blank: ClientDocument = { ...settings, createdAt, disabledAt: null, endedAt: null, secrets: [] };
      const document =
        clientSecret === null ? blank : supersedeSecret(blank, clientSecret, createdAt, createdAt);
      const written = await store.put(CLIENT_KIND, clientId, document as ClientDocument & Json, {
        expect: 'absent',
        lookups: [ALL_CLIENTS],
      });
      if (written === null) {
        if (wanted === undefined) throw new StoreError('no id for a new OAuth application was free');
        throw new ConfigError(
          'option_conflict',
          'oauthClients.create: the client id is taken; choose another.',
        );
      }
      tell('created', clientId, author);
      return { clientSecret, client: toClient(clientId, document) };
    },

    async find(clientId) {
      const record = await store.get(CLIENT_KIND, clientId);
      return record === null ? null : toClient(clientId, clientDocumentOf(record));
    },

    async list(page) {
      const { items, next } = await store.list(CLIENT_KIND, 0, ALL_CLIENTS, page);
      return { items: items.map((record) => toClient(record.id, clientDocumentOf(record))), next };
    },

    async update(clientId, changes, options = {}) {
      const read = readClientChanges(changes);
      const { author } = parseOptions('oauthClients.update', options, EDIT);
      const edited = await edit(clientId, 'updated', author, (document) => {
        const changed = { ...document, ...read };
        refuseConflicts('oauthClients.update', changed);
        return changed;
      });
      return edited === null ? null : toClient(clientId, edited.document);
    },

    disable: (clientId, options = {}) => setDisabled(clientId, true, options),
    enable: (clientId, options = {}) => setDisabled(clientId, false, options),

    async rotateSecret(clientId, options = {}) {
      const { author, overlapSeconds } = parseOptions('oauthClients.rotateSecret', options, ROTATE);
      const clientSecret = randomToken(256);
      const now = clock.now();
      const edited = await edit(clientId, 'secret_rotated', author, (document) =>
        document.type === 'public'
          ? null
          : supersedeSecret(document, clientSecret, now, now + overlapSeconds * 1000),
      );
      return edited === null ? null : { clientSecret, client: toClient(clientId, edited.document) };
    },

    async obtainServiceAccount(clientId, team) {
      const record = await store.get(CLIENT_KIND, clientId);
      const has = record !== null && clientDocumentOf(record).serviceAccount;
      return has
        ? accounts.obtain(clientId, teamOption(team, 'oauthClients.obtainServiceAccount.team'))
        : null;
    },

    serviceAccounts: (clientId) => accounts.list(clientId),
    disableServiceAccount: (id, options = {}) => setAccountDisabled(id, true, options),
    enableServiceAccount: (id, options = {}) => setAccountDisabled(id, false, options),
  };
}

/** The lines that say that an application or a service account has changed; their value means nothing. */
export const CLIENT_FEED = 'inv:oauth_client:';
export const SERVICE_ACCOUNT_FEED = 'inv:oauth_service_account:';

/** Longer than any process remembers the state of an account without asking. */
const FEED_MS = 7_200_000;

const EDIT = { author: optional(line(100)) };
const ROTATE = { ...EDIT, overlapSeconds: optional(integer(0, 31_536_000), 0) };
