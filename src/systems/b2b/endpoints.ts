import { authError, concerning, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, NO_STORE, type Reply } from '../../core/reply.ts';
import { newSessionData } from '../../services/session-data.ts';
import { actingOfClaims } from '../../services/pair-claims.ts';
import type { TokenPair } from '../../services/token-pairs.ts';
import type { Endpoint, Identify } from '../endpoints.ts';
import { ignoreBody } from '../request-body.ts';
import { readStrings } from './fields.ts';
import type { B2bParts } from './parts.ts';
import { signsInFor, subjectOf, userIdOf } from './tokens.ts';
import type { B2bUser } from './options.ts';

/** The three endpoints: credentials to a pair, a refresh token to a new pair, and the end of all of a client's tokens. */
export function b2bEndpoints(parts: B2bParts): readonly Endpoint[] {
  return [
    {
      method: 'POST',
      path: '/auth/login',
      name: 'login',
      handle: (exchange, identify) => login(parts, exchange, identify),
    },
    {
      method: 'POST',
      path: '/auth/refresh',
      name: 'refresh',
      handle: (exchange, identify) => refresh(parts, exchange, identify),
    },
    {
      method: 'POST',
      path: '/auth/logout',
      name: 'logout',
      handle: (exchange, identify) => logout(parts, exchange, identify),
    },
  ];
}

/** In the order limiter, body, credentials, address, so that a stranger learns nothing of lists. */
async function login(parts: B2bParts, exchange: Exchange, identify: Identify): Promise<Reply | AuthError> {
  const body = await readStrings(exchange, ['username', 'password']);
  const credentials = isAuthError(body) ? body : { name: body.username, password: body.password };
  const verified = await parts.verifyLogin(exchange, credentials);
  if (isAuthError(verified)) return verified;
  const { user } = verified;
  identify({ kind: 'client', id: String(user.clientId) });
  const refused = await checkAddress(parts, exchange, user.clientId);
  if (refused !== null) return refused;
  const subject = subjectOf(user);
  const data = newSessionData(user.id, exchange, parts.addressOf(exchange));
  const family = await parts.sessions.start(subject.owner, data);
  await verified.accept();
  return pairReply(parts.pairs.issue(family, subject), user);
}

/** In the order signature, kind, expiry; user; address; and only then the atomic step that uses the token up. */
async function refresh(parts: B2bParts, exchange: Exchange, identify: Identify): Promise<Reply | AuthError> {
  const { directory, pairs } = parts;
  const body = await readStrings(exchange, ['refresh_token']);
  if (isAuthError(body)) return body;
  const token = await pairs.readRefresh(body.refresh_token);
  if (isAuthError(token)) return concerning('refresh', token);
  identify({ kind: 'client', id: String(token.claims['sub']), ...actingOfClaims(token.claims) });
  const user = (await directory.findUser(userIdOf(token.claims))) ?? null;
  if (user === null) return SUBJECT_UNKNOWN;
  if (user.active !== true || !signsInFor(user, token.claims)) return SUBJECT_INACTIVE;
  const refused = await checkAddress(parts, exchange, user.clientId);
  if (refused !== null) return refused;
  const pair = await pairs.refresh(token, subjectOf(user));
  return isAuthError(pair) ? concerning('refresh', pair) : pairReply(pair, user);
}

const SUBJECT_UNKNOWN = authError('subject_unknown', { concerns: 'refresh' });
const SUBJECT_INACTIVE = authError('subject_inactive', { concerns: 'refresh' });

async function logout(parts: B2bParts, exchange: Exchange, identify: Identify): Promise<Reply | AuthError> {
  const oversized = await ignoreBody(exchange);
  if (oversized !== null) return oversized;
  const decision = await parts.entry.enterChain(exchange);
  if (decision.kind === 'deny') return concerning('ended', decision.error);
  const { principal } = decision;
  identify(principal);
  const refused = await checkAddress(parts, exchange, principal.clientId);
  if (refused !== null) return refused;
  await parts.sessions.revokeAll(principal.id, { reason: 'logout' });
  return jsonReply(200, { success: true, data: { message: 'Successfully logged out' } }, NO_STORE);
}

/** What the guard of protected routes decides, for a client that is about to be, or has just been, authenticated. */
async function checkAddress(
  parts: B2bParts,
  exchange: Exchange,
  clientId: number,
): Promise<AuthError | null> {
  const decision = await parts.addressGuard.decide(exchange, { kind: 'client', id: String(clientId) });
  return decision.kind === 'deny' ? decision.error : null;
}

function pairReply(pair: TokenPair, user: B2bUser): Reply {
  return jsonReply(
    200,
    {
      success: true,
      data: {
        access_token: pair.access,
        refresh_token: pair.refresh,
        access_expires_at: toTimestamp(pair.accessExpiresAt),
        refresh_expires_at: toTimestamp(pair.refreshExpiresAt),
        client_id: user.clientId,
      },
    },
    NO_STORE,
  );
}

/** RFC 3339 in UTC with whole seconds. */
function toTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
