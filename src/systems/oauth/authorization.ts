import type { User } from '../../core/directory.ts';
import { authError, isStoreError } from '../../core/errors.ts';
import type { ReasonCode } from '../../core/reasons.ts';
import type { CodeGrant } from '../../services/oauth-codes.ts';
import { redirectTargetOf } from '../../services/oauth-clients/redirect-uris.ts';
import {
  readAuthorizationRequest,
  type RedirectError,
  type RedirectTo,
  type ValidRequest,
} from './authorization-request.ts';
import type {
  AuthorizationInteraction,
  AuthorizationRequest,
  AuthorizationStep,
  Redirection,
} from './interaction.ts';
import type { OAuthParts } from './parts.ts';
import { toViews } from './scopes.ts';
import { withParameters } from './urls.ts';
import { toApplicationView } from './views.ts';

/** The protocol behind the page of consent. */
export function authorizationInteraction(
  parts: OAuthParts,
  findActiveUser: (userId: string) => Promise<User | null>,
): AuthorizationInteraction {
  const { authentication, config, consents, serviceAccounts, codes } = parts;
  const requests = new WeakMap<object, ValidRequest>();

  function redirect(
    to: RedirectTo,
    parameters: readonly (readonly [string, string])[],
  ): { location: string } {
    return {
      location: withParameters(to.redirectUri, [
        ...parameters,
        ...(to.state === undefined ? [] : ([['state', to.state]] as const)),
        // So that the application knows which server answered (RFC 9207).
        ...(config.issParameter ? ([['iss', config.issuer]] as const) : []),
      ]),
    };
  }

  function redirectError(to: RedirectTo, error: RedirectError): { location: string } {
    return redirect(to, [['error', error]]);
  }

  function refuse(to: RedirectTo, reason: ReasonCode, error: RedirectError = 'access_denied'): Redirection {
    return { ...redirectError(to, error), refusal: authError(reason) };
  }

  function validOf(request: AuthorizationRequest): ValidRequest {
    const valid = requests.get(request);
    if (valid !== undefined) return valid;
    throw new TypeError('the request must be the one that authorization.read returned');
  }

  function toRequest(valid: ValidRequest): AuthorizationRequest {
    const request: AuthorizationRequest = {
      application: toApplicationView(valid.client),
      scopes: toViews(valid.scopes, config),
      redirectTarget: redirectTargetOf(valid.redirectUri),
      redirectUri: valid.redirectUri,
      serviceAccount: valid.client.serviceAccount,
    };
    requests.set(request, valid);
    return request;
  }

  /** The question stands for its request as well. */
  function ask(request: AuthorizationRequest, valid: ValidRequest, team: string | null): AuthorizationStep {
    const question = { ...request, team };
    requests.set(question, valid);
    return { kind: 'ask', question };
  }

  /** The application as it is now, if it may still have what it asked for. */
  async function isStillOpen({ client }: ValidRequest): Promise<boolean> {
    const now = await authentication.identify(client.clientId);
    return 'clientId' in now && now.grants.includes('authorization_code');
  }

  /** The team in whose name the user may let the service account act. */
  async function teamOf(user: User, { client }: ValidRequest): Promise<string | null> {
    const granted = await config.directory.canAuthorizeServiceAccount?.(user, toApplicationView(client));
    return granted?.team ?? null;
  }

  /** Whom the tokens will be for; `null` when the user may not decide about it. */
  async function subjectOf(
    user: User,
    valid: ValidRequest,
    scopes: readonly string[],
  ): Promise<Pick<CodeGrant, 'subject' | 'team' | 'consentId'> | null> {
    const { clientId, serviceAccount } = valid.client;
    if (!serviceAccount) {
      const consentId = await consents.grant(user.id, clientId, scopes);
      return { subject: { kind: 'user', id: user.id }, team: null, consentId };
    }
    const team = await teamOf(user, valid);
    if (team === null) return null;
    const account = await serviceAccounts.obtain(clientId, team);
    if (account.disabledAt !== null) return null;
    return { subject: { kind: 'service_account', id: account.id }, team, consentId: null };
  }

  async function approve(
    valid: ValidRequest,
    userId: string,
    scopes: readonly string[],
  ): Promise<Redirection> {
    if (!(await isStillOpen(valid))) return refuse(valid, 'grant_not_enabled', 'unauthorized_client');
    const user = await findActiveUser(userId);
    if (user === null) return refuse(valid, 'subject_inactive');
    const granted = valid.scopes.filter((scope) => scopes.includes(scope));
    if (granted.length === 0 && valid.scopes.length > 0) return refuse(valid, 'scope_refused');
    const subject = await subjectOf(user, valid, granted);
    if (subject === null) return refuse(valid, 'permission_denied');
    const { redirectUri, redirectUriSent, codeChallenge, requestedScopes } = valid;
    const code = await codes.issue({
      clientId: valid.client.clientId,
      redirectUri,
      redirectUriSent,
      codeChallenge,
      requestedScopes,
      scopes: granted,
      approvedBy: user.id,
      ...subject,
    });
    return redirect(valid, [['code', code]]);
  }

  return {
    async read({ query }) {
      const reading = await readAuthorizationRequest(parts, query);
      if (reading.kind === 'valid') return { kind: 'request', request: toRequest(reading.request) };
      const { cause } = reading;
      if (reading.kind === 'redirect') {
        return { kind: 'redirect-error', ...redirectError(reading.to, reading.error), cause };
      }
      const isUnknown = cause.code === 'client_unknown' || cause.code === 'client_disabled';
      const { description } = reading;
      const error = isUnknown ? 'invalid_client' : 'invalid_request';
      return { kind: 'refuse-directly', refusal: { status: 400, error, description, cause } };
    },

    async resume(request, userId): Promise<AuthorizationStep> {
      const valid = validOf(request);
      const user = await findActiveUser(userId);
      if (user === null) return { kind: 'sign-in' };
      if (valid.client.serviceAccount) {
        const team = await teamOf(user, valid);
        if (team === null) return { kind: 'redirect', ...refuse(valid, 'permission_denied') };
        return ask(request, valid, team);
      }
      // Anybody can say to be a public application, and so each of its requests is the user's to decide (RFC 8252
      // section 8.6).
      const isRemembered =
        valid.client.type === 'confidential' &&
        (await consents.covers(userId, valid.client.clientId, valid.scopes));
      if (isRemembered) return { kind: 'redirect', ...(await approve(valid, userId, valid.scopes)) };
      return ask(request, valid, null);
    },

    async approve(request, userId, scopes) {
      const valid = validOf(request);
      return approve(valid, userId, scopes ?? valid.scopes);
    },

    deny: (request) => refuse(validOf(request), 'consent_denied'),

    fail: (request, thrown) =>
      redirectError(validOf(request), isStoreError(thrown) ? 'temporarily_unavailable' : 'server_error'),
  };
}
