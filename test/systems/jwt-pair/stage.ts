import { afterEach } from 'vitest';
import { ApiKeyStrategy } from '../../../strategies/api-key.ts';
import type { Guard } from '../../../src/core/decision.ts';
import type { SystemEvent } from '../../../src/systems/session-options.ts';
import type { Store } from '../../../src/core/store.ts';
import { apiKeys, type ApiKeys } from '../../../src/services/api-keys.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import {
  jwtPairSystem,
  type JwtPairOptions,
  type JwtPairSystem,
} from '../../../src/systems/jwt-pair/system.ts';
import { listen, stopHostsAfterEach } from '../../support/frameworks.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { testDirectory, type TestDirectory, type TestUser } from './directory.ts';
import { expectPair, type Pair } from './expectations.ts';
import { NODE_HOST, type JwtPairHost } from './hosts.ts';

type Headers = Readonly<Record<string, string | string[]>>;

/** A running host and everything that a test moves behind its back. */
export interface Stage {
  readonly port: number;
  readonly system: JwtPairSystem;
  readonly keys: ApiKeys;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly directory: TestDirectory;
  readonly events: readonly SystemEvent[];
  /** Where requests come from as far as the system can tell; `null` when it cannot. */
  address: string | null;
  /** Sends bytes and texts as they stand, anything else as JSON, and no body for `undefined`. */
  post(path: string, body?: unknown, headers?: Headers): Promise<HttpAnswer>;
  create(body: unknown): Promise<HttpAnswer>;
  /** Signs in, as ada unless told otherwise, and expects to succeed. */
  login(as?: TestUser, headers?: Headers): Promise<Pair>;
  refresh(token: unknown): Promise<HttpAnswer>;
  verify(token: unknown): Promise<HttpAnswer>;
  /** Logs out with an access token, and with a body where there is one. */
  logout(access: string, body?: unknown): Promise<HttpAnswer>;
  /** Asks for a protected resource, `/api/v1/me/` by default, with a whole Authorization header, or with none. */
  get(authorization?: string | string[], path?: string): Promise<HttpAnswer>;
  /** Asks for the protected resource by a token. */
  me(access: string): Promise<HttpAnswer>;
}

export interface StageOptions extends Partial<Omit<JwtPairOptions, 'directory' | 'clock' | 'onEvent'>> {
  readonly directory?: TestDirectory | undefined;
  readonly clock?: MovableClock | undefined;
  /** Guards behind the system's own on `/api/v1/me/`. */
  readonly further?: ((clientAddress: () => string | null, store: Store) => readonly Guard[]) | undefined;
}

export const SECRET: string = TEST_SECRET;
export const JWT = '/api/v1/jwt';

/** Starts a host that stops after the test. */
export async function startStage(host: JwtPairHost = NODE_HOST, options: StageOptions = {}): Promise<Stage> {
  const { further, ...rest } = options;
  const clock = options.clock ?? movableClock();
  const directory = options.directory ?? testDirectory();
  const store = options.store ?? memoryStore({ clock });
  const events: SystemEvent[] = [];
  let address: string | null = '203.0.113.7';
  const keys = apiKeys({ store, productPrefix: 'acme', keyFormat: 'prefix-secret', clock });
  const system = jwtPairSystem({
    keys: SECRET,
    apiKeys: new ApiKeyStrategy({ keys }),
    clientAddress: () => address,
    ...rest,
    store,
    directory,
    clock,
    onEvent: (event) => events.push(event),
  });
  closing.push(
    () => keys.close(),
    () => system.close(),
  );
  const { port } = await listen(
    host.listener(system, {
      further: further?.(() => address, store) ?? [],
      onEvent: (event) => events.push(event),
    }),
  );

  const post: Stage['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      body: textOf(body),
    });
  const get: Stage['get'] = (authorization, path = '/api/v1/me/') =>
    send(port, { path, headers: authorization === undefined ? {} : { Authorization: authorization } });

  return {
    port,
    system,
    keys,
    store,
    clock,
    directory,
    events,
    get address() {
      return address;
    },
    set address(value) {
      address = value;
    },
    post,
    create: (body) => post(`${JWT}/create/`, body),
    login: async ({ email, password } = directory.ada, headers = {}) =>
      expectPair(await post(`${JWT}/create/`, { email, password }, headers)),
    refresh: (token) => post(`${JWT}/refresh/`, { refresh: token }),
    verify: (token) => post(`${JWT}/verify/`, { token }),
    logout: (access, body) => post(`${JWT}/logout/`, body, { Authorization: `Bearer ${access}` }),
    get,
    me: (access) => get(`Bearer ${access}`),
  };
}

/** Stops what the tests of a file start; a test file calls it once. */
export function stopStagesAfterEach(): void {
  stopHostsAfterEach();
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
}

const closing: (() => Promise<void>)[] = [];

function textOf(body: unknown): string | Uint8Array | undefined {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}
