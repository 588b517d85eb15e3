import { afterEach, expect } from 'vitest';
import type { SessionEvent } from '../../../src/core/events.ts';
import type { SystemEvent } from '../../../src/systems/session-options.ts';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import type { LoginLimiter } from '../../../src/services/login.ts';
import { b2bSystem, type B2bOptions, type B2bSystem } from '../../../src/systems/b2b/system.ts';
import { listen, stopHostsAfterEach } from '../../support/frameworks.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { testDirectory, type TestDirectory } from './directory.ts';
import { expectPair, type PairData } from './expectations.ts';
import { NODE_HOST, type B2bHost } from './hosts.ts';

/** A running host and everything that a test moves behind its back. */
export interface Stage {
  readonly port: number;
  readonly b2b: B2bSystem;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly directory: TestDirectory;
  readonly events: readonly SystemEvent[];
  /** The actions of session events, in order. */
  sessionActions(): readonly SessionEvent['action'][];
  /** Where requests come from as far as the system can tell; `null` when it cannot. */
  address: string | null;
  /** Sends a text as it stands, anything else as JSON, and no body for `undefined`. */
  readonly post: (
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string | string[]>>,
  ) => Promise<HttpAnswer>;
  /** Sends bytes with these headers and no others. */
  postBytes(path: string, body: Uint8Array, headers: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** Signs in, as ada unless told otherwise, and expects to succeed. */
  login(as?: { readonly login: string; readonly password: string }): Promise<PairData>;
  refresh(token: unknown): Promise<HttpAnswer>;
  /** Logs out with an access token, or with no header. */
  logout(token?: string): Promise<HttpAnswer>;
  /** Asks for the protected resource with an access token, or with no header. */
  products(token?: string): Promise<HttpAnswer>;
}

export interface StageOptions extends Partial<Omit<B2bOptions, 'directory' | 'clock' | 'onEvent'>> {
  readonly directory?: TestDirectory | undefined;
  readonly clock?: MovableClock | undefined;
}

/** The day of the worked examples: 2024-01-15T09:30:00Z. */
export const MONDAY_SECONDS = 1_705_311_000;
export const SECRET: string = TEST_SECRET;

/** Starts a host that stops after the test. */
export async function startStage(host: B2bHost = NODE_HOST, options: StageOptions = {}): Promise<Stage> {
  const clock = options.clock ?? movableClock(MONDAY_SECONDS);
  const directory = options.directory ?? testDirectory();
  const store = options.store ?? memoryStore({ clock });
  const events: SystemEvent[] = [];
  let address: string | null = '203.0.113.7';
  const b2b = b2bSystem({
    keys: SECRET,
    clientAddress: () => address,
    ...options,
    store,
    directory,
    clock,
    onEvent: (event) => events.push(event),
  });
  open.add(b2b);
  const { port } = await listen(host.listener(b2b));

  const post: Stage['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: textOf(body),
    });
  const bearer = (token?: string): Record<string, string> =>
    token === undefined ? {} : { Authorization: `Bearer ${token}` };

  return {
    port,
    b2b,
    store,
    clock,
    directory,
    events,
    sessionActions: () => events.flatMap((event) => (event.type === 'session' ? [event.action] : [])),
    get address() {
      return address;
    },
    set address(value) {
      address = value;
    },
    post,
    postBytes: (path, body, headers) => send(port, { method: 'POST', path, headers, body }),
    login: async ({ login: username, password } = directory.ada) =>
      expectPair(await post('/auth/login', { username, password })),
    refresh: (token) => post('/auth/refresh', { refresh_token: token }),
    logout: (token) => post('/auth/logout', undefined, bearer(token)),
    products: (token) => send(port, { path: '/api/v1/products', headers: bearer(token) }),
  };
}

/** A limiter that says so many seconds to wait, or `null`, and counts nothing. */
export function limiter(check: LoginLimiter['check']): LoginLimiter {
  return { check, failed: () => undefined, succeeded: () => undefined };
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

const open = new Set<B2bSystem>();

function textOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}

/** Expects the protected route to let an access token pass, or to refuse it as invalid. */
export async function expectAccess(stage: Stage, token: string, outcome: 'works' | 'dead'): Promise<void> {
  const answer = await stage.products(token);
  expect({ status: answer.status, text: answer.text }).toEqual(
    outcome === 'works'
      ? { status: 200, text: '{"products":["a","b"]}' }
      : {
          status: 401,
          text: '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Invalid token"}}',
        },
  );
}
