import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { EntryGuard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import { withDeadline } from '../../core/deadline.ts';
import { ConfigError } from '../../core/errors.ts';
import type { DecisionEvent, EventSink } from '../../core/events.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import {
  callback,
  flag,
  implementing,
  integer,
  optional,
  parseOptions,
  wrong,
  type Reader,
} from '../../core/options.ts';
import type { Principal } from '../../core/principal.ts';
import type { RequestNamer } from '../../core/request-id.ts';
import type { SealingKeys } from '../../core/sealing.ts';
import type { RecordStore } from '../../core/store.ts';
import { drf } from '../../dialects/drf.ts';
import { isEndpointUrl } from '../../providers/endpoint-url.ts';
import type { Connections } from '../../services/connections/contract.ts';
import { interactions } from '../../services/interactions.ts';
import type { ConnectionsPages } from './pages/pages.ts';
import { PREFIX, type ConnectionsParts } from './parts.ts';

export interface ConnectionsSystemOptions {
  /** The service whose connections are served. */
  readonly connections: Connections;
  /** The beginning of a guard, such as `jwtPair.authenticate()`. API keys may list connections and nothing else. */
  readonly authenticate: EntryGuard<Principal>;
  /**
   * Where browsers reach these endpoints, with the path that they are mounted under, as in `https://api.example.com`. The
   * callbacks to be registered at the providers are below it, at `/api/v1/connections/<kind>/callback/`.
   */
  readonly publicUrl: string;
  /** Seals the cookie that a browser holds while an authorization is under way; the same as other pages have. */
  readonly sealing: SealingKeys;
  /** Where it is kept which visits of browsers are over, for all processes. */
  readonly store: Pick<RecordStore, 'put'>;
  /**
   * The addresses that a browser may be sent back to in the end, compared as a whole. None by default: the callback then
   * answers with JSON.
   */
  readonly returnUrls?: readonly string[] | undefined;
  /**
   * Who is signed in to the host's pages in the browser of a request, where it has pages. A callback that comes with
   * another user than the one who began is refused with 403.
   */
  readonly signedInUser?: ((exchange: Exchange) => MaybePromise<string | null>) | undefined;
  /** The page for people, as `connectionsPages({ … })` makes it; none by default. It says who is signed in as well. */
  readonly pages?: ConnectionsPages | undefined;
  /** How long `signedInUser` may take before the answer is 503; default 5,000. */
  readonly deadlineMs?: number | undefined;
  /** How refusals are written; as those of `authenticate` by default. */
  readonly dialect?: Dialect | undefined;
  /** Lets `publicUrl` be http on a loopback address, for development. */
  readonly dangerouslyAllowPlainHttp?: boolean | undefined;
  /** Is told of every decision of the endpoints. What becomes of connections, `connections` tells. */
  readonly onEvent?: EventSink<DecisionEvent> | undefined;
  /** Names the request in events, as the host's own log does; by default an id is made up when somebody listens. */
  readonly requestId?: RequestNamer | undefined;
  readonly clock?: Clock | undefined;
}

/** @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`. */
export function readConnectionsSystemOptions(options: ConnectionsSystemOptions): ReadOptions {
  const { authenticate, publicUrl, sealing, store, returnUrls, dialect, ...rest } = parseOptions(
    OWNER,
    options,
    {
      connections: implementing<Connections>(
        'connections, as connections({ … }) makes them',
        'start',
        'complete',
      ),
      authenticate: implementing<EntryGuard<Principal>>('the beginning of a guard', 'enterChain'),
      publicUrl: readPublicUrl,
      sealing: (value: unknown) => value as SealingKeys,
      store: implementing<Pick<RecordStore, 'put'>>('a store, such as memoryStore()', 'put'),
      returnUrls: optional(readReturnUrls, []),
      signedInUser: optional(callback<NonNullable<ConnectionsSystemOptions['signedInUser']>>()),
      pages: optional(implementing<ConnectionsPages>('pages, as connectionsPages({ … }) makes them', 'open')),
      deadlineMs: optional(integer(1, 600_000), 5_000),
      dialect: optional(implementing<Dialect>('a dialect, such as drf()', 'render')),
      dangerouslyAllowPlainHttp: optional(flag, false),
      onEvent: optional(callback<EventSink<DecisionEvent>>()),
      requestId: optional(callback<RequestNamer>()),
      clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    },
  );
  const { dangerouslyAllowPlainHttp, clock, signedInUser, deadlineMs, pages, ...plain } = rest;
  const { origin } = new URL(publicUrl);
  const parts: ConnectionsParts = {
    ...plain,
    clock,
    publicUrl,
    entry: authenticate,
    async signedInUser(exchange) {
      const user: unknown = await withDeadline(signedInUser?.(exchange), deadlineMs, 'signedInUser');
      if (user === undefined || user === null || typeof user === 'string') return user ?? null;
      throw new TypeError(`${OWNER}.signedInUser must return the id of a user as text, or null.`);
    },
    dialect: dialect ?? authenticate.dialect ?? drf(),
    returnUrls: new Set(returnUrls),
    browsers: interactions(OWNER, { store, sealing, origin, clock, dangerouslyAllowPlainHttp }),
    callbackUrlOf: (kind) => `${publicUrl.replace(/\/$/, '')}${PREFIX}/${kind}/callback/`,
  };
  return { parts, pages, knowsUsers: signedInUser !== undefined };
}

/** The options as they are worked with. */
export interface ReadOptions {
  readonly parts: ConnectionsParts;
  readonly pages: ConnectionsPages | undefined;
  /** Whether the host says who is signed in without the pages. */
  readonly knowsUsers: boolean;
}

const OWNER = 'connectionsSystem';

const readPublicUrl: Reader<string> = (value, path) => {
  if (typeof value === 'string' && isEndpointUrl(value) && new URL(value).search === '') return value;
  throw wrong(path, 'an absolute https address without query, such as "https://api.example.com"', value);
};

const readReturnUrls: Reader<readonly string[]> = (value, path) => {
  if (!Array.isArray(value)) throw wrong(path, 'a list of absolute addresses', value);
  return value.map((each: unknown, index) => {
    if (typeof each === 'string' && isEndpointUrl(each)) return each;
    throw new ConfigError(
      'option_invalid',
      `${path}[${index}] must be an absolute https address without fragment (http on loopback only).`,
    );
  });
};
