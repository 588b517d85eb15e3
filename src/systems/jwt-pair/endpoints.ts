import { authError, concerning, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, NO_STORE, type Reply } from '../../core/reply.ts';
import { refuseEndedImpersonation } from '../../services/impersonation.ts';
import { newSessionData } from '../../services/session-data.ts';
import type { RefreshToken } from '../../services/token-pairs.ts';
import type { Endpoint, Identify } from '../endpoints.ts';
import { readFields, readTexts } from './fields.ts';
import type { JwtPairParts } from './parts.ts';
import type { JwtPairUser } from './options.ts';
import { principalOf, subjectOf, userIdOf } from './tokens.ts';

/** The four endpoints of the JWT pair. */
export function jwtPairEndpoints(parts: JwtPairParts): readonly Endpoint[] {
  const post = (
    name: string,
    handle: (parts: JwtPairParts, exchange: Exchange, identify: Identify) => Promise<Reply | AuthError>,
  ): Endpoint => ({
    method: 'POST',
    path: `/api/v1/jwt/${name}`,
    name: `jwt_${name}`,
    handle: (exchange, identify) => handle(parts, exchange, identify),
  });
  return [post('create', create), post('refresh', refresh), post('verify', verify), post('logout', logout)];
}

async function create(
  parts: JwtPairParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const body = await readTexts(exchange, ['email', 'password']);
  const verified = await parts.verifyLogin(exchange, isAuthError(body) ? body : credentialsOf(body, parts));
  if (isAuthError(verified)) return verified;
  const { user } = verified;
  identify({ kind: 'user', id: user.id, workspace: user.workspace });
  const data = newSessionData(user.id, exchange, parts.addressOf(exchange));
  const family = await parts.sessions.start(user.id, data);
  await verified.accept();
  const { access, refresh: token } = parts.pairs.issue(family, subjectOf(user));
  return jsonReply(200, { access, refresh: token }, NO_STORE);
}

function credentialsOf(
  { email, password }: { readonly email: string; readonly password: string },
  { trimPassword }: JwtPairParts,
): { readonly name: string; readonly password: string } {
  return { name: email.trim(), password: trimPassword ? password.trim() : password };
}

async function refresh(
  parts: JwtPairParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const { pairs, sessions, rotate } = parts;
  const body = await readTexts(exchange, ['refresh']);
  if (isAuthError(body)) return body;
  const token = await pairs.readRefresh(body.refresh);
  if (isAuthError(token)) return concerning('refresh', token);
  identify(principalOf(token.claims));
  const family = await sessions.find(token.sessionId);
  if (family === null) return BLACKLISTED;
  const user = await currentUser(parts, token);
  if (isAuthError(user)) return user;
  const ended = await refuseEndedImpersonation(parts.directory, family, user);
  if (ended !== null) {
    await sessions.revoke(family.id, { reason: 'the actor is gone, or may not act as the user any more' });
    return concerning('refresh', ended);
  }
  if (!rotate) {
    // Where rotation was on earlier, only the latest refresh token still counts.
    if (family.generation !== token.generation) return BLACKLISTED;
    return jsonReply(200, { access: pairs.issueAccess(family, subjectOf(user)) }, NO_STORE);
  }
  const pair = await pairs.refresh(token, subjectOf(user));
  if (isAuthError(pair)) return concerning('refresh', pair);
  return jsonReply(200, { access: pair.access, refresh: pair.refresh }, NO_STORE);
}

/** Says whether a token of either kind is valid, without looking its user up. */
async function verify(parts: JwtPairParts, exchange: Exchange): Promise<Reply | AuthError> {
  const body = await readTexts(exchange, ['token']);
  if (isAuthError(body)) return body;
  const claims = await parts.pairs.inspect(body.token);
  if (isAuthError(claims)) return concerning('inspected', claims);
  // Another system under the same key says in another claim what kind its tokens are; none of them is one of ours.
  if (claims['typ'] !== undefined || claims['token_use'] !== undefined) return FOREIGN_KIND;
  if (claims['token_type'] === 'refresh' && typeof claims['sid'] === 'string') {
    const family = await parts.sessions.find(claims['sid']);
    if (family === null || family.generation !== claims['gen']) return INSPECTED_BLACKLISTED;
  } else if (typeof claims['sid'] === 'string') {
    const revoked = await parts.revoked(claims);
    // Said as of a refresh token that is exchanged, which is 401; the 400 above is for refresh tokens alone.
    if (revoked !== null) return concerning('refresh', revoked);
  }
  return jsonReply(200, {}, NO_CACHE);
}

async function logout(
  parts: JwtPairParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const decision = await parts.entry.enterChain(exchange);
  if (decision.kind === 'deny') return decision.error;
  const { principal } = decision;
  identify(principal);
  if (principal.kind !== 'user' || principal.sessionId === undefined) return authError('permission_denied');
  const fields = await readFields(exchange);
  if (isAuthError(fields)) return fields;
  const field = fields.exactText('refresh');
  if ('problem' in field) {
    if (field.problem !== 'missing') return authError('body_invalid', { fields: { refresh: field.problem } });
  } else {
    const refused = await refuseForeign(parts, field.value, principal.id, principal.sessionId);
    if (refused !== null) return refused;
  }
  // Nobody goes on as somebody else for the rest of a token's life.
  if (parts.revokeAccessOnLogout || principal.actor !== undefined)
    await parts.sessions.revoke(principal.sessionId, { reason: 'logout' });
  else await parts.sessions.retire(principal.sessionId, { reason: 'logout' });
  return jsonReply(200, { detail: 'Successfully logged out.' }, NO_CACHE);
}

/** Whether a refresh token is none of this session: nothing is revoked then, and nothing is told about whose it is. */
async function refuseForeign(
  parts: JwtPairParts,
  refreshToken: string,
  userId: string,
  sessionId: string,
): Promise<AuthError | null> {
  const token = await parts.pairs.readRefresh(refreshToken);
  const isOwn = !isAuthError(token) && token.sessionId === sessionId && userIdOf(token.claims) === userId;
  if (!isOwn) return FOREIGN;
  const family = await parts.sessions.find(sessionId);
  return family === null || family.generation !== token.generation ? BLACKLISTED : null;
}

async function currentUser(parts: JwtPairParts, token: RefreshToken): Promise<JwtPairUser | AuthError> {
  // A directory in plain JavaScript may say `undefined` for nobody.
  const user = (await parts.directory.findUser(userIdOf(token.claims))) ?? null;
  if (user === null) return authError('subject_unknown', { concerns: 'refresh' });
  return user.active === true ? user : authError('subject_inactive', { concerns: 'refresh' });
}

const BLACKLISTED = authError('token_revoked', { concerns: 'refresh' });
const INSPECTED_BLACKLISTED = authError('token_revoked', { concerns: 'inspected' });
const FOREIGN = authError('token_malformed', { concerns: 'refresh' });
const FOREIGN_KIND = authError('token_claim_invalid', { claim: 'typ', concerns: 'inspected' });
const NO_CACHE = NO_STORE.slice(0, 1);
