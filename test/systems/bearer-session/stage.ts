import { afterEach } from 'vitest';
import type { SessionEvent } from '../../../src/core/events.ts';
import type { SystemEvent } from '../../../src/systems/session-options.ts';
import type { Store } from '../../../src/core/store.ts';
import type { LoginLimiter } from '../../../src/services/login.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import {
  bearerSessionSystem,
  type BearerSessionOptions,
  type BearerSessionSystem,
} from '../../../src/systems/bearer-session/system.ts';
import { listen, stopHostsAfterEach } from '../../support/frameworks.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { testDirectory, type TestDirectory } from './directory.ts';
import { expectGrant, type Grant } from './expectations.ts';
import { NODE_HOST, type BearerHost } from './hosts.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** A running host and everything that a test moves behind its back. */
export interface Stage {
  readonly port: number;
  readonly system: BearerSessionSystem;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly directory: TestDirectory;
  readonly events: readonly SystemEvent[];
  /** The actions of session events, in order. */
  sessionActions(): readonly SessionEvent['action'][];
  /** Sends a text or bytes as they stand, anything else as JSON, and no body for `undefined`. */
  post(path: string, body?: unknown, headers?: Headers): Promise<HttpAnswer>;
  /** Signs in, as ada unless told otherwise, and expects to succeed. */
  login(more?: object, as?: { readonly login: string; readonly password: string }): Promise<Grant>;
  refresh(token: unknown): Promise<HttpAnswer>;
  masquerade(token: string | undefined, accountId: unknown): Promise<HttpAnswer>;
  /** Logs out with a bearer token, or with no header. */
  logout(token?: string): Promise<HttpAnswer>;
  /** Asks for the protected route with a bearer token, or with no header. */
  reports(token?: string): Promise<HttpAnswer>;
  get(path: string, headers?: Headers): Promise<HttpAnswer>;
}

export interface StageOptions extends Partial<Omit<BearerSessionOptions, 'directory' | 'clock' | 'onEvent'>> {
  readonly directory?: TestDirectory | undefined;
  readonly clock?: MovableClock | undefined;
}

/** The moment of the sample's login: 2018-04-01T20:39:12Z. */
export const SAMPLE_SECONDS = 1_522_615_152;
export const ADA = { username: 'test@user.com', password: 'secret' } as const;

/** Starts a host that stops after the test. */
export async function startStage(host: BearerHost = NODE_HOST, options: StageOptions = {}): Promise<Stage> {
  const clock = options.clock ?? movableClock(SAMPLE_SECONDS);
  const directory = options.directory ?? testDirectory();
  const store = options.store ?? memoryStore({ clock });
  const events: SystemEvent[] = [];
  const system = bearerSessionSystem({
    secret: TEST_SECRET,
    ...options,
    store,
    directory,
    clock,
    onEvent: (event) => events.push(event),
  });
  open.add(system);
  const { port } = await listen(host.listener(system));

  const post: Stage['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path,
      headers: isRaw(body) ? headers : { 'Content-Type': 'application/json', ...headers },
      body: isRaw(body) ? body : JSON.stringify(body),
    });

  return {
    port,
    system,
    store,
    clock,
    directory,
    events,
    sessionActions: () => events.flatMap((event) => (event.type === 'session' ? [event.action] : [])),
    post,
    login: async (more = {}, { login: username, password } = directory.ada) =>
      expectGrant(await post('/auth/login', { username, password, ...more })),
    refresh: (token) => post('/auth/refresh', { refresh_token: token }),
    masquerade: (token, accountId) => post('/auth/masquerade', { account_id: accountId }, bearer(token)),
    logout: (token) => post('/auth/logout', undefined, bearer(token)),
    reports: (token) => send(port, { path: '/reports', headers: bearer(token) }),
    get: (path, headers = {}) => send(port, { path, headers }),
  };
}

export function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

/** Stops what the tests of a file start; a test file calls it once. */
export function stopStagesAfterEach(): void {
  stopHostsAfterEach();
  afterEach(async () => {
    const systems = [...open];
    open.clear();
    for (const system of systems) await system.close();
  });
}

const open = new Set<BearerSessionSystem>();

/** A limiter that says what it is told to say, and writes down what it hears. */
export function limiter(wait: () => number | null, heard: string[] = []): LoginLimiter {
  return {
    check: () => wait(),
    failed: ({ name }) => void heard.push(`failed ${name}`),
    succeeded: ({ name }) => void heard.push(`succeeded ${name}`),
  };
}

function isRaw(body: unknown): body is string | Uint8Array | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}
