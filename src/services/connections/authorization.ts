import type { Clock } from '../../core/clock.ts';
import { authError, isAuthError, isStoreError, StoreError, type AuthError } from '../../core/errors.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { AuthorizationStates, FinishedAuthorization } from '../../providers/authorization-states.ts';
import { codeChallenge } from '../../providers/pkce.ts';
import type { ProviderTransport } from '../../providers/transport.ts';
import type { Completion, Connections, ProviderAnswerToUser } from './contract.ts';
import { toRecord, type ConnectionDocument, type ConnectionRecord } from './document.ts';
import type { Notify } from './notices.ts';
import type { ConnectionProvider, ProviderGrant } from './provider.ts';
import { connectionIdOf, newConnectionId, type Rows } from './rows.ts';
import type { TokenVault } from './vault.ts';

/** Whether a user belongs to a workspace at this moment, and may connect accounts there. */
export type MembershipCheck = (userId: string, workspace: string) => MaybePromise<boolean>;

export interface AuthorizationParts {
  readonly rows: Rows;
  readonly vault: TokenVault;
  readonly providers: ReadonlyMap<string, ConnectionProvider>;
  readonly states: AuthorizationStates;
  readonly transport: ProviderTransport;
  readonly isMember: MembershipCheck;
  readonly notify: Notify;
  readonly clock: Clock;
}

/** What is kept of the beginning until the end. */
type Begun = { readonly workspace: string; readonly user: string; readonly returnTo: string | null };

/** The two halves of an authorization, with the provider's pages between them. */
export function authorization(parts: AuthorizationParts): Pick<Connections, 'start' | 'complete'> {
  const { rows, vault, providers, states, transport, isMember, notify, clock } = parts;

  /** The grant of a code that is worth keeping. */
  async function grantOf(
    provider: ConnectionProvider,
    code: string,
    { callbackUrl, codeVerifier }: FinishedAuthorization,
  ): Promise<ProviderGrant | AuthError> {
    const grant = await provider.exchange(transport, { code, callbackUrl, codeVerifier, now: clock.now() });
    if (grant === null) return authError('connection_exchange_failed');
    const isEnough = provider.requiredScopes.every((scope) => grant.scopes.includes(scope));
    return isEnough ? grant : authError('connection_scope_missing');
  }

  async function keep(
    { kind }: ConnectionProvider,
    { workspace, user }: Begun,
    grant: ProviderGrant,
  ): Promise<ConnectionRecord> {
    const { tokens, subject, account, scopes, expiresAt, refreshAt } = grant;
    const id = subject === null ? newConnectionId() : connectionIdOf(workspace, kind, subject);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const now = clock.now();
      const earlier = await rows.read({ workspace, id });
      const document: ConnectionDocument = {
        workspace,
        kind,
        status: 'active',
        reason: null,
        since: earlier?.document.status === 'active' ? earlier.document.since : now,
        scopes,
        account,
        subject,
        connectedBy: user,
        connectedAt: now,
        tokens: vault.seal(id, { workspace, kind }, tokens),
        expiresAt,
        refreshAt,
        attempt: null,
      };
      if ((await rows.write(earlier ?? { id, version: 'absent' }, document)) === null) continue;
      notify(id, document, { action: 'connected', author: user });
      return toRecord(id, document);
    }
    throw new StoreError('a connection is being changed by too many at the same time');
  }

  async function finish(
    provider: ConnectionProvider,
    answer: ProviderAnswerToUser,
    finished: FinishedAuthorization,
  ): Promise<Completion> {
    const begun = finished.data as Begun;
    const { returnTo } = begun;
    if (typeof answer.user === 'string' && answer.user !== begun.user) return refused('permission_denied');
    if (answer.error === 'access_denied') return refused('connection_denied', returnTo);
    if (answer.error !== null || answer.code === null) return refused('connection_exchange_failed');
    if (!(await isMember(begun.user, begun.workspace))) return refused('permission_denied');
    const grant = await grantOf(provider, answer.code, finished);
    if (isAuthError(grant)) return { outcome: 'refused', error: grant, returnTo: null };
    return { outcome: 'connected', connection: await keep(provider, begun, grant), returnTo };
  }

  return {
    async start({ kind, workspace, user, callbackUrl, browser, returnTo }) {
      const provider = providers.get(kind);
      if (provider === undefined) return authError('not_found');
      if (!(await isMember(user, workspace))) return authError('permission_denied');
      const data: Begun = { workspace, user, returnTo };
      const begun = await states.begin({ purpose: PURPOSE, provider: kind, callbackUrl, browser, data });
      const { state, codeVerifier } = begun;
      const challenge = codeChallenge(codeVerifier);
      return {
        authorizationUrl: provider.authorizationUrl({ callbackUrl, state, codeChallenge: challenge }),
      };
    },

    async complete(answer) {
      const { kind, callbackUrl, browser, state } = answer;
      const provider = providers.get(kind);
      if (provider === undefined) return refused('not_found');
      const finished =
        state === null
          ? 'unknown'
          : await states.finish(state, { purpose: PURPOSE, provider: kind, callbackUrl, browser });
      if (typeof finished === 'string') return refused('connection_state_invalid');
      try {
        return await finish(provider, answer, finished);
      } catch (outage) {
        // What failed was not the state: whoever loads the page again is to get through.
        if (isStoreError(outage)) await states.restore(finished.state).catch(() => undefined);
        throw outage;
      }
    },
  };
}

const PURPOSE = 'connection';
const MOST_ATTEMPTS = 10;

function refused(code: Parameters<typeof authError>[0], returnTo: string | null = null): Completion {
  return { outcome: 'refused', error: authError(code), returnTo };
}
