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
  /**
   * Without the trailing slash, which is accepted all the same. A segment that begins with a colon stands for any one
   * segment that is not empty; a path without such segments comes first.
   */
  readonly path: string;
  /** The name in events. */
  readonly name: string;
  /**
   * Answers, or says why not.
   *
   * @param identify To be told who the request is as soon as that is proven, for the event of the decision.
   * @param segments What stands at the colons of the path, as it was sent.
   */
  handle(
    exchange: Exchange,
    identify: Identify,
    segments: PathSegments,
  ): MaybePromise<Reply | AuthError | OwnRefusal>;
}

/** What stands at the colons of a path, by their names without the colon. */
export type PathSegments = Readonly<Record<string, string>>;

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
  const find = pathFinder(endpoints);
  const reporting = reportingTo(options);
  const stray = { name: 'not_found', handle: (exchange: Exchange) => notFound(exchange, options.strayEntry) };

  return function answer(exchange, mountedPath) {
    // Preflights are part of the host's CORS, and what it allows where is not for a system to say.
    if (exchange.method === 'OPTIONS') return null;
    const path = withoutTrailingSlash(mountedPath);
    const found = find(path);
    if (found === null) {
      const ours = options.prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
      return ours ? run(stray, exchange, NO_SEGMENTS, reporting) : null;
    }
    const { here, segments } = found;
    const endpoint = here.find(({ method }) => method === exchange.method);
    if (endpoint !== undefined) return run(endpoint, exchange, segments, reporting);
    const allow = here.map(({ method }) => method);
    return reporting.denied(exchange, 'method_not_allowed', null, authError('method_not_allowed', { allow }));
  };
}

async function run(
  endpoint: Pick<Endpoint, 'name' | 'handle'>,
  exchange: Exchange,
  segments: PathSegments,
  reporting: Reporting,
): Promise<Reply> {
  let who: Principal | null = null;
  try {
    const identify: Identify = (principal) => {
      who = principal;
    };
    const answer = await endpoint.handle(exchange, identify, segments);
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

interface FoundPath {
  readonly here: readonly Endpoint[];
  readonly segments: PathSegments;
}

/** Finds the endpoints of a path, whatever their methods. */
function pathFinder(endpoints: readonly Endpoint[]): (path: string) => FoundPath | null {
  const fixed = new Map<string, Endpoint[]>();
  const patterns = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const paths = endpoint.path.includes('/:') ? patterns : fixed;
    paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  }
  return function find(path) {
    const here = fixed.get(path);
    if (here !== undefined) return { here, segments: NO_SEGMENTS };
    for (const [pattern, matched] of patterns) {
      const segments = match(pattern, path);
      if (segments !== null) return { here: matched, segments };
    }
    return null;
  };
}

function match(pattern: string, path: string): PathSegments | null {
  const sent = path.split('/');
  const expected = pattern.split('/');
  if (sent.length !== expected.length) return null;
  const segments: [name: string, value: string][] = [];
  for (const [index, segment] of expected.entries()) {
    const value = sent[index] ?? '';
    if (segment.startsWith(':') && value !== '') segments.push([segment.slice(1), value]);
    else if (segment !== value) return null;
  }
  return Object.fromEntries(segments);
}

const NO_SEGMENTS: PathSegments = Object.freeze({});

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
