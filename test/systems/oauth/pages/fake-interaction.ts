import { authError } from '../../../../src/core/errors.ts';
import type { Clock } from '../../../../src/core/clock.ts';
import type { User } from '../../../../src/core/directory.ts';
import { loginVerifier, type LoginLimiter } from '../../../../src/services/login.ts';
import { memoryStore } from '../../../../src/stores/memory.ts';
import type {
  ApplicationView,
  AuthorizationReading,
  AuthorizationRequest,
  DeviceReading,
  DeviceRequest,
  Interaction,
  ScopeView,
} from '../../../../src/systems/oauth/interaction.ts';

/** What a test decides about a protocol that is not there; it may be changed while the pages run. */
export interface Script {
  application: ApplicationView;
  scopes: readonly ScopeView[];
  redirectUri: string;
  serviceAccount: boolean;
  team: string | null;
  /** Replaces what `read` says. */
  reading: AuthorizationReading | undefined;
  /** Whether the user has agreed before. */
  agreed: boolean;
  /** The codes that devices show. */
  readonly codes: Set<string>;
  deviceReading: DeviceReading | undefined;
  /** Is thrown by the named function. */
  fails: { readonly at: string; readonly error: Error } | undefined;
  /** What was asked for, in order. */
  readonly calls: string[];
  readonly users: Map<string, User & { readonly name: string; readonly password: string }>;
}

export function script(): Script {
  return {
    application: { clientId: 'ledger', name: 'Ledger Sync', owner: 'Northwind Analytics' },
    scopes: [
      { name: 'rest_api:read', description: 'Read your research notes and companies' },
      { name: 'rest_api:write', description: 'Add and change research notes' },
      { name: 'rest_api:fields:read', description: 'See which custom fields your team has' },
    ],
    redirectUri: 'https://ledger.northwind.example/oauth/callback',
    serviceAccount: false,
    team: null,
    reading: undefined,
    agreed: false,
    codes: new Set(['CSTNKCJG']),
    deviceReading: undefined,
    fails: undefined,
    calls: [],
    users: new Map([['u1', { id: 'u1', active: true, name: 'ada@acme.example', password: 'correct horse' }]]),
  };
}

/** The protocol side as a test scripts it: what pages ask is noted, and every answer names what was asked. */
export function fakeInteraction(
  act: Script,
  parts: { readonly webAppUrl: string; readonly clock: Clock; readonly limiter?: LoginLimiter | undefined },
): Interaction {
  const { webAppUrl, clock, limiter = null } = parts;
  const called = (name: string, ...details: readonly string[]): void => {
    act.calls.push([name, ...details].join(' '));
    if (act.fails?.at === name) throw act.fails.error;
  };
  const to = (query: string): { readonly location: string } => ({ location: `${act.redirectUri}?${query}` });
  const request = (): AuthorizationRequest => ({
    application: act.application,
    scopes: act.scopes,
    redirectTarget: new URL(act.redirectUri).host,
    redirectUri: act.redirectUri,
    serviceAccount: act.serviceAccount,
  });
  const isActive = (userId: string): boolean => act.users.get(userId)?.active === true;

  return {
    webAppUrl,
    clock,
    store: memoryStore({ clock }),
    findActiveUser: (userId) => {
      called('findActiveUser', userId);
      return Promise.resolve(isActive(userId) ? (act.users.get(userId) ?? null) : null);
    },
    verifyLogin: loginVerifier<User>({
      system: 'oauth',
      directory: {
        findLogin: (name) => {
          called('findLogin', name);
          return [...act.users.values()].find((user) => user.name === name) ?? null;
        },
        verifyPassword: (user, password) => user !== null && act.users.get(user.id)?.password === password,
        findUser: (id) => act.users.get(id) ?? null,
      },
      limiter,
      addressOf: () => null,
    }),
    authorization: {
      async read({ query }) {
        called('read', query);
        return act.reading ?? { kind: 'request', request: request() };
      },
      async resume(given, userId) {
        called('resume', userId);
        if (!isActive(userId)) return { kind: 'sign-in' };
        if (act.agreed) return { kind: 'redirect', ...to('code=remembered') };
        return { kind: 'ask', question: { ...given, team: act.team } };
      },
      async approve(_, userId, scopes = []) {
        called('approve', userId, ...scopes);
        return to('code=fresh');
      },
      deny() {
        called('deny');
        return { ...to('error=access_denied'), refusal: authError('consent_denied') };
      },
      fail: () => to('error=temporarily_unavailable'),
    },
    device: {
      async lookup(_, { userCode, userId }) {
        called('lookup', userCode, userId);
        if (act.deviceReading !== undefined) return act.deviceReading;
        const code = userCode.replaceAll(/[ -]/g, '').toUpperCase();
        if (!act.codes.has(code)) return { kind: 'not-valid' };
        const found: DeviceRequest = { application: act.application, scopes: act.scopes, userCode: code };
        return { kind: 'request', request: found };
      },
      async approve({ userCode }, userId) {
        called('device approve', userId);
        return { kind: act.codes.delete(userCode) ? 'done' : 'not-valid' };
      },
      async deny({ userCode }, userId) {
        called('device deny', userId);
        return { kind: act.codes.delete(userCode) ? 'done' : 'not-valid' };
      },
    },
  };
}

/** A reading that shows a page and leads nowhere. */
export const REFUSED: AuthorizationReading = {
  kind: 'refuse-directly',
  refusal: {
    status: 400,
    error: 'invalid_request',
    description: 'The redirect URI is not registered for this application.',
    cause: authError('body_invalid'),
  },
};
