import type { Clock } from '../core/clock.ts';
import type { EntryGuard } from '../core/decision.ts';
import type { Dialect } from '../core/dialect.ts';
import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { DecisionEvent, EventSink } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { Principal } from '../core/principal.ts';
import type { Reply } from '../core/reply.ts';
import type { RequestNamer } from '../core/request-id.ts';
import { reportingTo, type Reporting } from '../middleware/reporting.ts';

/** One endpoint of a system: a row of its table. */
export interface Endpoint {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Without the trailing slash, which is accepted all the same. */
  readonly path: string;
  /** The name in events. */
  readonly name: string;
  /**
   * Answers, or says why not.
   *
   * @param identify To be told who the request is as soon as that is proven, for the event of the decision.
   */
  handle(exchange: Exchange, identify: Identify): MaybePromise<Reply | AuthError | OwnRefusal>;
}

/** A refusal or a failure that the endpoint has written itself, as a page; the event tells it as what it is. */
export type OwnRefusal =
  | { readonly reply: Reply; readonly refusal: AuthError }
  | { readonly reply: Reply; readonly thrown: unknown };

/** Takes the party that a request has proven to be, by its credentials or by a token that it hands in. */
export type Identify = (principal: Principal) => void;

/** What an adapter mounts: endpoints that answer under their own prefixes and leave every other path to the host. */
export interface System {
  readonly name: string;
  readonly endpoints: readonly Pick<Endpoint, 'method' | 'path' | 'name'>[];
  /** Below these paths every path is this system's, known or not. */
  readonly prefixes: readonly string[];
  /**
   * The answer, or `null`, at once, when the path is none of this system's; OPTIONS is always the host's. It never
   * rejects: what breaks becomes an answer.
   *
   * @param path The request's path below the prefix that the system is mounted under.
   */
  handle(exchange: Exchange, path: string): MaybePromise<Reply | null>;
  /** Ends timers and watches; the store stays open, since it is the host's. */
  close(): Promise<void>;
}

export interface EndpointTableOptions {
  readonly dialect: Dialect;
  readonly schemes: readonly string[];
  /** Below these paths an unknown one is 404 in the system's own form; everywhere else it is the host's. */
  readonly prefixes: readonly string[];
  /** Who may learn that a path is unknown; without it everybody may. */
  readonly strayEntry?: EntryGuard<Principal> | undefined;
  readonly clock: Clock;
  readonly onEvent: EventSink<DecisionEvent> | undefined;
  readonly requestId?: RequestNamer | undefined;
}

/** Answers requests from a table of endpoints; every system is one such table. */
export function endpointTable(
  endpoints: readonly Endpoint[],
  options: EndpointTableOptions,
): System['handle'] {
  const byPath = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints)
    byPath.set(endpoint.path, [...(byPath.get(endpoint.path) ?? []), endpoint]);
  const reporting = reportingTo(options);
  const stray = { name: 'not_found', handle: (exchange: Exchange) => notFound(exchange, options.strayEntry) };

  return function answer(exchange, mountedPath) {
    // Preflights are part of the host's CORS, and what it allows where is not for a system to say.
    if (exchange.method === 'OPTIONS') return null;
    const path = withoutTrailingSlash(mountedPath);
    const here = byPath.get(path);
    if (here === undefined) {
      const ours = options.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
      return ours ? run(stray, exchange, reporting) : null;
    }
    const endpoint = here.find(({ method }) => method === exchange.method);
    if (endpoint !== undefined) return run(endpoint, exchange, reporting);
    const allow = here.map(({ method }) => method);
    return reporting.denied(exchange, 'method_not_allowed', null, authError('method_not_allowed', { allow }));
  };
}

async function run(
  endpoint: Pick<Endpoint, 'name' | 'handle'>,
  exchange: Exchange,
  reporting: Reporting,
): Promise<Reply> {
  let who: Principal | null = null;
  try {
    const answer = await endpoint.handle(exchange, (principal) => {
      who = principal;
    });
    if (isAuthError(answer)) return reporting.denied(exchange, endpoint.name, who, answer);
    if ('reply' in answer) {
      if ('thrown' in answer) reporting.failed(exchange, endpoint.name, who, answer.thrown);
      else reporting.denied(exchange, endpoint.name, who, answer.refusal);
      return answer.reply;
    }
    reporting.allowed(exchange, endpoint.name, who);
    return answer;
  } catch (thrown) {
    return reporting.failed(exchange, endpoint.name, who, thrown);
  }
}

async function notFound(exchange: Exchange, entry: EntryGuard<Principal> | undefined): Promise<AuthError> {
  const decision = await entry?.enterChain(exchange);
  return decision?.kind === 'deny' ? decision.error : authError('not_found');
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
