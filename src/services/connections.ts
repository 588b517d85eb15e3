import { systemClock, type Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { ConfigError, isStoreError } from '../core/errors.ts';
import type { ConnectionEvent, EventSink } from '../core/events.ts';
import {
  callback,
  implementing,
  integer,
  optional,
  parseOptions,
  wrong,
  type Reader,
} from '../core/options.ts';
import { sealer, type SealingKeys } from '../core/sealing.ts';
import type { Store } from '../core/store.ts';
import { authorizationStates } from '../providers/authorization-states.ts';
import { providerTransport, type ProviderTransport, type TransportOptions } from '../providers/transport.ts';
import { authorization, type MembershipCheck } from './connections/authorization.ts';
import type { AccessTokenResult, Connections } from './connections/contract.ts';
import { disconnection } from './connections/disconnection.ts';
import { CONNECTION_KIND, documentOf, toRecord } from './connections/document.ts';
import { notifier } from './connections/notices.ts';
import type { ConnectionProvider } from './connections/provider.ts';
import { renewals } from './connections/renewal.ts';
import { resealing, resealRow } from './connections/resealing.ts';
import { rowsIn } from './connections/rows.ts';
import { judge, shown, type Standing } from './connections/standing.ts';
import { tokenVault } from './connections/vault.ts';

export type {
  AccessTokenResult,
  Completion,
  ConnectionPage,
  ConnectionRef,
  Connections,
  DisconnectOptions,
  NewConnection,
  ProviderAnswerToUser,
  Revocation,
} from './connections/contract.ts';
export type { ConnectionHealth, ConnectionProblem, ConnectionRecord } from './connections/document.ts';
export type { MembershipCheck } from './connections/authorization.ts';
export type {
  AuthorizationCode,
  AuthorizationRequest,
  ConnectionProvider,
  ProviderGrant,
  ProviderTokens,
  Renewal,
  TimedTokens,
} from './connections/provider.ts';
export { googleAds, type GoogleAdsEndpoints, type GoogleAdsOptions } from './connections/google-ads.ts';
export { metaAds, type MetaAdsEndpoints, type MetaAdsOptions } from './connections/meta-ads.ts';

export interface ConnectionsOptions {
  /** Where connections and the states of authorizations are kept, for all processes. */
  readonly store: Store;
  /** The kinds of connections there are, perhaps none, such as `googleAds({ … })` and `metaAds({ … })`. */
  readonly providers: readonly ConnectionProvider[];
  /** What tokens are sealed under in the store. */
  readonly sealing: SealingKeys;
  /**
   * Whether a user belongs to a workspace and may connect accounts there. It is asked when a connection is begun, and
   * again when the provider sends the user back.
   */
  readonly isMember: MembershipCheck;
  /** How long `isMember` may take before the answer is an outage; default 5,000. */
  readonly deadlineMs?: number | undefined;
  /** How providers are called. */
  readonly transport?: TransportOptions | undefined;
  /** Is told of every change, once it is in the store; what it throws changes nothing. */
  readonly onEvent?: EventSink<ConnectionEvent> | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Builds the service over a store. Tokens are sealed by AES-256-GCM, bound to workspace and connection, so that one which
 * is copied into another row does not open there.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`;
 *   `option_conflict` for two providers of one kind.
 */
export function connections(options: ConnectionsOptions): Connections {
  const {
    store,
    sealing,
    isMember: asked,
    deadlineMs,
    transport,
    onEvent,
    clock,
    ...parsed
  } = parseOptions('connections', options, {
    store: implementing<Store>('a store, such as sqliteStore(path)', 'get', 'put', 'delete', 'list'),
    providers: readProviders,
    sealing: (value, path) => sealer(path, value as SealingKeys, 'connections'),
    isMember: callback<MembershipCheck>(),
    deadlineMs: optional(integer(1, 600_000), 5_000),
    transport: readTransport,
    onEvent: optional(callback<EventSink<ConnectionEvent>>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const providers = byKind(parsed.providers);
  const kinds = [...providers.keys()];
  const rows = rowsIn(store);
  const vault = tokenVault(sealing);
  const judging = judge(vault, providers);
  // Anything but true from the host's own code is no.
  const isMember = async (user: string, workspace: string): Promise<boolean> =>
    (await withDeadline(asked(user, workspace), deadlineMs, 'isMember')) === true;
  const notify = notifier(clock, onEvent);
  const states = authorizationStates(store, clock);
  const { timeoutMs } = transport;
  const standingOf = renewals({ rows, vault, judge: judging, transport, timeoutMs, notify, clock });

  return {
    kinds,
    browserOriginsOf: (kind) => providers.get(kind)?.browserOrigins ?? [],
    ...authorization({ rows, vault, providers, states, transport, isMember, notify, clock }),
    async list(workspace, page) {
      const { items, next } = await store.list(CONNECTION_KIND, 0, workspace, page);
      return { items: items.map((record) => toRecord(record.id, documentOf(record))), next };
    },
    async find(ref) {
      const row = await rows.read(ref);
      return row === null ? null : toRecord(row.id, row.document);
    },
    async getAccessToken(ref) {
      const standing = await standingOf(ref, 'use');
      if (standing.kind === 'usable' && standing.resealDue) await resealInPassing(standing);
      return resultOf(standing);
    },
    check: async (ref) => shown(await standingOf(ref, 'check')),
    disconnect: disconnection({ store, rows, judge: judging, transport, notify }),
    reseal: resealing(store, rows, vault, kinds),
  };

  /** The token is there; that it could not be sealed again is no reason to keep it back. */
  async function resealInPassing({ row }: Extract<Standing, { kind: 'usable' }>): Promise<void> {
    try {
      await resealRow(rows, vault, row);
    } catch (outage) {
      if (!isStoreError(outage)) throw outage;
    }
  }
}

/** The transport, and how long it waits at most. */
function readTransport(value: unknown, path: string): ProviderTransport & { readonly timeoutMs: number } {
  const given = (value ?? {}) as TransportOptions;
  const transport = providerTransport(path, given);
  return { send: (request) => transport.send(request), timeoutMs: given.timeoutMs ?? 4_000 };
}

const readProvider = implementing<ConnectionProvider>(
  'a provider, such as googleAds({ … })',
  'exchange',
  'renew',
  'revoke',
);

const readProviders: Reader<readonly ConnectionProvider[]> = (value, path) => {
  if (!Array.isArray(value)) throw wrong(path, 'a list of providers, such as [googleAds({ … })]', value);
  return value.map((each, index) => readProvider(each, `${path}[${index}]`));
};

function byKind(providers: readonly ConnectionProvider[]): ReadonlyMap<string, ConnectionProvider> {
  const map = new Map(providers.map((provider) => [provider.kind, provider]));
  if (map.size === providers.length) return map;
  throw new ConfigError(
    'option_conflict',
    'connections.providers: two providers are of the same kind. Give one provider for each kind.',
  );
}

function resultOf(standing: Standing): AccessTokenResult {
  if (standing.kind === 'unknown') return { outcome: 'unknown' };
  const { document } = standing.row;
  if (standing.kind === 'broken') {
    return { outcome: 'error', reason: standing.reason, since: document.since };
  }
  const { accessToken } = standing.tokens;
  return {
    outcome: 'token',
    accessToken,
    expiresAt: document.expiresAt,
    appsecretProof: standing.provider.proofOf?.(accessToken) ?? null,
  };
}
