import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterEach } from 'vitest';
import express from 'express';
import Koa from 'koa';
import { ApiKeyStrategy } from '../../../strategies/api-key.ts';
import type { ConnectionEvent, DecisionEvent } from '../../../src/core/events.ts';
import type { Store } from '../../../src/core/store.ts';
import { mount as expressMount } from '../../../src/express.ts';
import { mount as koaMount } from '../../../src/koa.ts';
import { mount as nodeMount } from '../../../src/node.ts';
import { apiKeys, type ApiKeys } from '../../../src/services/api-keys.ts';
import { connections, type Connections } from '../../../src/services/connections.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { connectionsSystem, type ConnectionsSystemOptions } from '../../../src/systems/connections/system.ts';
import { jwtPairSystem, type JwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';
import type { System } from '../../../src/systems/endpoints.ts';
import { adsProvider, type AdsProvider, type Consent } from '../../support/ads-provider.ts';
import { listen, stopHostsAfterEach } from '../../support/frameworks.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { providersAt } from '../../services/connections/fixture.ts';
import { testDirectory, type TestDirectory, type TestUser } from '../jwt-pair/directory.ts';
import { expectPair } from '../jwt-pair/expectations.ts';

/** A running API with connections, the provider, and everything that a test moves. */
export interface Stage {
  readonly system: JwtPairSystem;
  readonly service: Connections;
  readonly keys: ApiKeys;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly directory: TestDirectory;
  readonly provider: AdsProvider;
  readonly events: readonly (DecisionEvent | ConnectionEvent)[];
  readonly send: (method: string, path: string, headers?: Headers) => Promise<HttpAnswer>;
  /** Signs in and gives the whole Authorization header. */
  readonly bearer: (as?: TestUser) => Promise<string>;
  /** Asks for the authorization URL. */
  readonly begin: (options?: Begin) => Promise<Begun>;
  /** Goes the whole way and expects to succeed; the id of the connection. */
  readonly connect: (options?: Begin & { readonly consent?: Consent }) => Promise<string>;
}

type Headers = Readonly<Record<string, string | string[]>>;

export interface Begin {
  readonly kind?: string | undefined;
  readonly as?: TestUser | undefined;
  readonly redirectUri?: string | undefined;
  readonly cookie?: string | undefined;
}

export interface Begun {
  readonly authorizationUrl: string;
  /** What the browser sends from now on. */
  readonly cookie: string;
}

export interface HostKind {
  readonly name: string;
  readonly listener: (systems: readonly [System, ...System[]]) => RequestListener;
}

export const PREFIX = '/api/v1/connections';
export const RETURN_URL = 'https://app.example/settings?tab=ads';

const NODE_HOST: HostKind = {
  name: 'node:http',
  listener: (systems) => {
    const mounted = nodeMount(...systems);
    return (request, response) =>
      mounted(request, response, () => response.writeHead(404).end('the host has nothing here'));
  },
};

export const HOSTS: readonly HostKind[] = [
  NODE_HOST,
  {
    name: 'Express 5',
    listener: (systems) => {
      const app = express();
      app.disable('x-powered-by');
      app.use(expressMount(...systems));
      return app;
    },
  },
  {
    name: 'Koa 3',
    listener: (systems) => {
      const app = new Koa();
      app.use(koaMount(...systems));
      const handle = app.callback();
      return (request, response) => void handle(request, response);
    },
  },
];

/** Starts an API that stops after the test. */
export async function startStage(
  host: HostKind = NODE_HOST,
  options: Partial<ConnectionsSystemOptions> = {},
): Promise<Stage> {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const directory = testDirectory();
  const provider = await adsProvider(clock);
  const events: (DecisionEvent | ConnectionEvent)[] = [];
  const keys = apiKeys({ store, productPrefix: 'acme', clock });
  const system = jwtPairSystem({
    keys: TEST_SECRET,
    apiKeys: new ApiKeyStrategy({ keys }),
    clientAddress: () => '203.0.113.7',
    accountCheck: 'each-request',
    store,
    directory,
    clock,
  });
  const service = connections({
    store,
    clock,
    sealing: { primary: KEY },
    providers: providersAt(provider.url),
    transport: { timeoutMs: 10_000 },
    isMember: async (id, workspace) => {
      const user = await directory.findUser(id);
      return user !== null && user.active && user.workspace === workspace;
    },
    onEvent: (event) => events.push(event),
  });
  const connecting = connectionsSystem({
    connections: service,
    authenticate: system.authenticate(),
    publicUrl: 'https://api.example',
    sealing: { primary: KEY },
    store,
    clock,
    returnUrls: [RETURN_URL, 'https://app.example/ads'],
    onEvent: (event) => events.push(event),
    ...options,
  });
  closing.push(
    () => keys.close(),
    () => system.close(),
    () => provider.close(),
  );
  const { port } = await listen(host.listener([system, connecting]));

  const ask: Stage['send'] = (method, path, headers = {}) => send(port, { method, path, headers });
  const bearer: Stage['bearer'] = async ({ email, password } = directory.ada) => {
    const body = JSON.stringify({ email, password });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await send(port, { method: 'POST', path: '/api/v1/jwt/create/', headers, body });
    return `Bearer ${expectPair(answer).access}`;
  };
  const begin: Stage['begin'] = async ({ kind = 'google-ads', as, redirectUri, cookie } = {}) => {
    const query = redirectUri === undefined ? '' : `?redirect_uri=${encodeURIComponent(redirectUri)}`;
    const answer = await ask('GET', `${PREFIX}/${kind}/authorize/${query}`, {
      Authorization: await bearer(as),
      ...(cookie === undefined ? {} : { Cookie: cookie }),
    });
    if (answer.status !== 200) throw new Error(`not begun: ${answer.text}`);
    const { authorization_url: authorizationUrl } = answer.json() as { authorization_url: string };
    return { authorizationUrl, cookie: (answer.header('Set-Cookie') ?? '').split(';', 1)[0] ?? '' };
  };

  return {
    system,
    service,
    keys,
    store,
    clock,
    directory,
    provider,
    events,
    send: ask,
    bearer,
    begin,
    async connect({ consent, ...options_ } = {}) {
      const { authorizationUrl, cookie } = await begin(options_);
      const answer = await ask('GET', callbackOf(provider.consent(authorizationUrl, consent)), {
        Cookie: cookie,
      });
      return (answer.json() as { id: string }).id;
    },
  };
}

const KEY = randomBytes(32);

/** The path and query of an address that a provider sends the browser back to. */
export function callbackOf(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}

/** Stops what the tests of a file start; a test file calls it once. */
export function stopStagesAfterEach(): void {
  stopHostsAfterEach();
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
}

const closing: (() => Promise<void>)[] = [];
