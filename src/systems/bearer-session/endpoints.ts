import type { EntryGuard } from '../../core/decision.ts';
import type { User } from '../../core/directory.ts';
import { authError, concerning, isAuthError, type AuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, NO_STORE, type HeaderLine, type Reply } from '../../core/reply.ts';
import { refuseEndedImpersonation } from '../../services/impersonation.ts';
import type { OpaqueGrant, OpaqueGrants } from '../../services/opaque-grants.ts';
import { actingOf, newSessionData, sessionDataOf } from '../../services/session-data.ts';
import type { Endpoint, Identify } from '../endpoints.ts';
import { ignoreBody } from '../request-body.ts';
import type { SessionParts } from '../session-parts.ts';
import { homeAccountOf, permissionsOf } from './accounts.ts';
import { aBit, anInteger, aText, maybe, readBodyFields, required } from './fields.ts';
import type { BearerSessionConfig } from './options.ts';
import { accountOf, inAccount, type BearerSessionPrincipal } from './principal.ts';

/** What the endpoints work with. */
export interface BearerSessionParts
  extends
    Pick<BearerSessionConfig, 'directory' | 'accessSeconds'>,
    Pick<SessionParts<User>, 'sessions' | 'verifyLogin' | 'addressOf'> {
  readonly grants: OpaqueGrants;
  /** Lets a session pass whether or not its user still has access to its account: to move it, or to end it. */
  readonly sessionEntry: EntryGuard<BearerSessionPrincipal>;
}

/** Login, refresh, the switch to another account, and logout. */
export function bearerSessionEndpoints(parts: BearerSessionParts): readonly Endpoint[] {
  const post = (
    name: string,
    handle: (parts: BearerSessionParts, exchange: Exchange, identify: Identify) => Promise<Reply | AuthError>,
  ): Endpoint => ({
    method: 'POST',
    path: `/auth/${name}`,
    name,
    handle: (exchange, identify) => handle(parts, exchange, identify),
  });
  return [
    post('login', login),
    post('refresh', refresh),
    post('masquerade', masquerade),
    post('logout', logout),
  ];
}

async function login(
  parts: BearerSessionParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const { directory, grants } = parts;
  const body = await readBodyFields(exchange, {
    username: required(aText, 'username'),
    password: required(aText, 'password'),
    accountId: maybe(anInteger, 'account_id'),
    authOnly: maybe(aBit, 'auth_only'),
  });
  const credentials = isAuthError(body)
    ? body
    : { name: body.username as string, password: body.password as string };
  const verified = await parts.verifyLogin(exchange, credentials);
  if (isAuthError(verified)) return verified;
  if (isAuthError(body)) return body;
  const { user } = verified;
  identify({ kind: 'user', id: user.id });
  const verifiesOnly = body.authOnly === 1;
  if (verifiesOnly && body.accountId === undefined) {
    await verified.accept();
    return DONE;
  }
  const accountId = body.accountId ?? (await homeAccountOf(directory, user));
  if ((await permissionsOf(directory, user.id, accountId)) === null) return authError('account_forbidden');
  await verified.accept();
  if (verifiesOnly) return DONE;
  const data = newSessionData(user.id, exchange, parts.addressOf(exchange), { accountId });
  return grantReply(parts, await grants.start(user.id, data));
}

async function refresh(
  parts: BearerSessionParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const { directory, grants, sessions } = parts;
  const body = await readBodyFields(exchange, {
    refreshToken: required(aText, 'refresh_token', 'refreshToken'),
  });
  if (isAuthError(body)) return body;
  const presented = await grants.findRefresh(body.refreshToken as string);
  if (isAuthError(presented)) return concerning('refresh', presented);
  const { family } = presented;
  const { userId, actor } = sessionDataOf(family);
  identify({ kind: 'user', id: userId, account: accountOf(family), ...actingOf({ actor }) });
  // A directory in plain JavaScript may say `undefined` for nobody.
  const user = (await directory.findUser(userId)) ?? null;
  const mayGoOn =
    user !== null &&
    user.active === true &&
    (await permissionsOf(directory, user.id, accountOf(family))) !== null &&
    (await refuseEndedImpersonation(directory, family, user)) === null;
  if (!mayGoOn) {
    await sessions.revoke(family.id, { reason: 'the user or the access to the account is gone' });
    return authError('subject_inactive', { concerns: 'refresh' });
  }
  const grant = await grants.refresh(presented);
  return isAuthError(grant) ? concerning('refresh', grant) : grantReply(parts, grant);
}

/** Moves the session to another account of the same user, whatever account it is in now. */
async function masquerade(
  parts: BearerSessionParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const principal = await enterSession(parts, exchange, identify);
  if (isAuthError(principal)) return principal;
  if (principal.actor !== undefined) return authError('impersonation_forbidden');
  const body = await readBodyFields(exchange, { accountId: required(anInteger, 'account_id') });
  if (isAuthError(body)) return body;
  const accountId = body.accountId as number;
  if ((await permissionsOf(parts.directory, principal.id, accountId)) === null)
    return authError('account_forbidden');
  const family = await parts.sessions.find(principal.sessionId);
  // What this process knows of the session may be a moment old: a bearer token that another one replaced is merely dead.
  if (family?.generation !== principal.generation) return authError('token_revoked');
  const grant = await parts.grants.replace(family, inAccount(family, accountId));
  return isAuthError(grant) ? grant : grantReply(parts, grant);
}

async function logout(
  parts: BearerSessionParts,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | AuthError> {
  const principal = await enterSession(parts, exchange, identify);
  if (isAuthError(principal)) return principal;
  const ended = await parts.sessions.revoke(principal.sessionId, { reason: 'logout' });
  return ended ? DONE : authError('token_revoked');
}

/** Whose session a request comes in; nothing is done before its body is known to be small enough. */
async function enterSession(
  { sessionEntry }: BearerSessionParts,
  exchange: Exchange,
  identify: Identify,
): Promise<BearerSessionPrincipal | AuthError> {
  const oversized = await ignoreBody(exchange);
  if (oversized !== null) return oversized;
  const decision = await sessionEntry.enterChain(exchange);
  if (decision.kind === 'deny') return decision.error;
  identify(decision.principal);
  return decision.principal;
}

const CACHE: readonly HeaderLine[] = [...NO_STORE, ['Vary', 'Authorization, Authentication']];
const DONE: Reply = jsonReply(200, { success: true }, CACHE);

function grantReply({ accessSeconds }: BearerSessionParts, grant: OpaqueGrant): Reply {
  return jsonReply(
    200,
    {
      success: true,
      guid: grant.guid,
      token: grant.token,
      tokenExpiration: toTimestamp(grant.tokenExpiresAt),
      tokenLifetime: accessSeconds,
      refreshToken: grant.refreshToken,
      refreshTokenExpiration: toTimestamp(grant.refreshTokenExpiresAt),
      accountId: accountOf(grant.family),
    },
    CACHE,
  );
}

/** ISO 8601 in UTC with whole seconds, and the offset written out. */
function toTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}
