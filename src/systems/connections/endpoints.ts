import { authError, isAuthError, isError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, NO_STORE, type HeaderLine, type Reply } from '../../core/reply.ts';
import { allConnections } from '../../services/connections/all-connections.ts';
import type { Endpoint, OwnRefusal } from '../endpoints.ts';
import { forMembers, type Member, type MemberRequest } from './member.ts';
import type { OpenConnectionsPages } from './pages/pages.ts';
import { BROWSER, PREFIX, type ConnectionsParts } from './parts.ts';
import { startConnection } from './start.ts';
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
      handle: forMembers(parts, 'changing', (request) => authorize(kind, request)),
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
      handle: forMembers(parts, 'reading', list),
    },
    {
      method: 'POST',
      path: `${PREFIX}/:id/check`,
      name: 'connection_check',
      handle: forMembers(parts, 'changing', check),
    },
    {
      method: 'DELETE',
      path: `${PREFIX}/:id`,
      name: 'connection_disconnect',
      handle: forMembers(parts, 'changing', disconnect),
    },
  ];
}

async function authorize(
  kind: string,
  { parts, member, exchange }: MemberRequest,
): Promise<Reply | AuthError> {
  const { browsers, returnUrls } = parts;
  const redirects = new URLSearchParams(exchange.query).getAll('redirect_uri');
  if (redirects.length > 1 || redirects.some((each) => !returnUrls.has(each))) return REDIRECT_REFUSED;
  const opened = browsers.open(exchange);
  if (isAuthError(opened)) return opened;
  const asked = { kind, workspace: member.workspace, user: member.id, returnTo: redirects[0] ?? null };
  const started = await startConnection(parts, opened, asked);
  if (isAuthError(started)) return started;
  const { authorizationUrl, state } = started;
  return jsonReply(200, { authorization_url: authorizationUrl }, [...NO_STORE, state.cookie]);
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

async function list({ parts, member }: MemberRequest): Promise<Reply> {
  const views = (await allConnections(parts.connections, member.workspace)).map(connectionView);
  return jsonReply(200, views, [NO_CACHE]);
}

async function check({ parts, member, segments }: MemberRequest): Promise<Reply | AuthError> {
  const { id = '' } = segments;
  const checked = await parts.connections.check({ workspace: member.workspace, id });
  return checked === null ? NOT_FOUND : jsonReply(200, connectionView(checked), [NO_CACHE]);
}

async function disconnect({ parts, member, segments }: MemberRequest): Promise<Reply | AuthError> {
  const { workspace } = member;
  const { id = '' } = segments;
  const revocation = await parts.connections.disconnect({ workspace, id }, { author: authorOf(member) });
  return revocation === null ? NOT_FOUND : { status: 204, headers: [NO_CACHE], body: '' };
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
