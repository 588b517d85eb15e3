import { authError, isAuthError, isError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { Principal } from '../../core/principal.ts';
import { jsonReply, NO_STORE, type HeaderLine, type Reply } from '../../core/reply.ts';
import { randomToken } from '../../core/secrets.ts';
import type { Endpoint, Identify, OwnRefusal, PathSegments } from '../endpoints.ts';
import type { OpenConnectionsPages } from './pages/pages.ts';
import { allConnections, BROWSER, PREFIX, type ConnectionsParts } from './parts.ts';
import { connectionView } from './view.ts';

/** The endpoints: two for each kind that is configured, so that any other kind is not found, and those of connections. */
export function connectionEndpoints(
  parts: ConnectionsParts,
  pages: OpenConnectionsPages | null,
): readonly Endpoint[] {
  const ofKinds = parts.connections.kinds.flatMap((kind): readonly Endpoint[] => [
    {
      method: 'GET',
      path: `${PREFIX}/${kind}/authorize`,
      name: 'connection_authorize',
      handle: (exchange, identify) => authorize(parts, kind, exchange, identify),
    },
    {
      method: 'GET',
      path: `${PREFIX}/${kind}/callback`,
      name: 'connection_callback',
      handle: (exchange) => arrive(parts, pages, kind, exchange),
    },
  ]);
  return [
    ...ofKinds,
    {
      method: 'GET',
      path: PREFIX,
      name: 'connection_list',
      handle: (exchange, identify) => list(parts, exchange, identify),
    },
    {
      method: 'POST',
      path: `${PREFIX}/:id/check`,
      name: 'connection_check',
      handle: (exchange, identify, segments) => check(parts, exchange, identify, segments),
    },
    {
      method: 'DELETE',
      path: `${PREFIX}/:id`,
      name: 'connection_disconnect',
      handle: (exchange, identify, segments) => disconnect(parts, exchange, identify, segments),
    },
  ];
}

async function authorize(
  parts: ConnectionsParts,
  kind: string,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const { connections, browsers, returnUrls, callbackUrlOf } = parts;
  const member = await enter(parts, exchange, identify, 'changing');
  if (isAuthError(member)) return member;
  const asked = new URLSearchParams(exchange.query).getAll('redirect_uri');
  if (asked.length > 1 || asked.some((each) => !returnUrls.has(each))) return REDIRECT_REFUSED;
  const opened = browsers.open(exchange);
  if (isAuthError(opened)) return opened;
  // The same secret for all tabs of a browser, so that none of them disturbs another.
  const known = opened.find(BROWSER);
  const browser = typeof known === 'string' ? known : randomToken(256);
  const started = await connections.start({
    kind,
    workspace: member.workspace,
    user: member.id,
    callbackUrl: callbackUrlOf(kind),
    browser,
    returnTo: asked[0] ?? null,
  });
  if (isAuthError(started)) return started;
  const { authorizationUrl } = started;
  return jsonReply(200, { authorization_url: authorizationUrl }, [
    ...NO_STORE,
    opened.with(BROWSER, browser).cookie,
  ]);
}

/** The callback. A person who began on the page is told there, or on a page, what happened; a program gets JSON. */
async function arrive(
  parts: ConnectionsParts,
  pages: OpenConnectionsPages | null,
  kind: string,
  exchange: Exchange,
): Promise<Reply | AuthError | OwnRefusal> {
  try {
    const answer = await finish(parts, kind, exchange);
    const page = isAuthError(answer) ? pages?.afterCallback(exchange, kind, answer) : undefined;
    return isAuthError(answer) && page ? { reply: page, refusal: answer } : answer;
  } catch (thrown) {
    const page = isError(thrown) ? pages?.afterCallback(exchange, kind, thrown) : undefined;
    if (page) return { reply: page, thrown };
    throw thrown;
  }
}

async function finish(
  parts: ConnectionsParts,
  kind: string,
  exchange: Exchange,
): Promise<Reply | AuthError | OwnRefusal> {
  const { connections, browsers, callbackUrlOf, signedInUser } = parts;
  const query = new URLSearchParams(exchange.query);
  const opened = browsers.open(exchange);
  const browser = isAuthError(opened) ? null : opened.find(BROWSER);
  const completion = await connections.complete({
    kind,
    callbackUrl: callbackUrlOf(kind),
    browser: typeof browser === 'string' ? browser : null,
    state: single(query, 'state'),
    code: single(query, 'code'),
    error: query.has('error') ? (single(query, 'error') ?? 'repeated') : null,
    user: await signedInUser(exchange),
  });
  const { returnTo } = completion;
  if (completion.outcome === 'refused') {
    if (returnTo === null) return completion.error;
    return { reply: backTo(returnTo, 'error', 'access_denied'), refusal: completion.error };
  }
  const { id, status } = completion.connection;
  return returnTo === null
    ? jsonReply(200, { id, kind, status }, [...NO_STORE, NO_REFERRER])
    : backTo(returnTo, 'connection', id);
}

async function list(
  parts: ConnectionsParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const member = await enter(parts, exchange, identify, 'reading');
  if (isAuthError(member)) return member;
  const views = (await allConnections(parts.connections, member.workspace)).map(connectionView);
  return jsonReply(200, views, [NO_CACHE]);
}

async function check(
  parts: ConnectionsParts,
  exchange: Exchange,
  identify: Identify,
  { id = '' }: PathSegments,
): Promise<Reply | AuthError> {
  const member = await enter(parts, exchange, identify, 'changing');
  if (isAuthError(member)) return member;
  const checked = await parts.connections.check({ workspace: member.workspace, id });
  return checked === null ? NOT_FOUND : jsonReply(200, connectionView(checked), [NO_CACHE]);
}

async function disconnect(
  parts: ConnectionsParts,
  exchange: Exchange,
  identify: Identify,
  { id = '' }: PathSegments,
): Promise<Reply | AuthError> {
  const member = await enter(parts, exchange, identify, 'changing');
  if (isAuthError(member)) return member;
  const { workspace } = member;
  const revocation = await parts.connections.disconnect({ workspace, id }, { author: authorOf(member) });
  return revocation === null ? NOT_FOUND : { status: 204, headers: [NO_CACHE], body: '' };
}

type Member = Principal & { readonly workspace: string };

/**
 * Who asks, in which workspace. Whoever changes something is a user, and not one who may only read, although one of these
 * requests is a GET.
 */
async function enter(
  { entry }: ConnectionsParts,
  exchange: Exchange,
  identify: Identify,
  purpose: 'reading' | 'changing',
): Promise<Member | AuthError> {
  const decision = await entry.enterChain(exchange);
  if (decision.kind === 'deny') return decision.error;
  const { principal } = decision;
  identify(principal);
  if (purpose === 'changing' && principal.kind !== 'user') return authError('permission_denied');
  if (purpose === 'changing' && principal.readOnly === true) return authError('read_only');
  const { workspace } = principal;
  if (typeof workspace !== 'string' || workspace === '') return authError('workspace_missing');
  return { ...principal, workspace };
}

/** The one value of a parameter; none when it is absent or comes several times. */
function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  return values.length === 1 ? (values[0] ?? null) : null;
}

function backTo(address: string, name: string, value: string): Reply {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return { status: 302, headers: [['Location', url.href], ...NO_STORE, NO_REFERRER], body: '' };
}

/** Who is really acting stands first: they are the one to ask. */
function authorOf({ id, actor }: Member): string {
  return (actor === undefined ? id : `${actor.id} as ${id}`).slice(0, 100);
}

const NO_CACHE: HeaderLine = ['Cache-Control', 'no-store'];
/** The address of a callback has a code in it, which is nothing to tell the next site. */
const NO_REFERRER: HeaderLine = ['Referrer-Policy', 'no-referrer'];
const NOT_FOUND = authError('not_found');
const REDIRECT_REFUSED = authError('redirect_uri_refused');
