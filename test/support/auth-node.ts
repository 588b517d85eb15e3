import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Store } from '../../src/core/store.ts';
import { guard, mount, under } from '../../src/node.ts';
import { bearerSessionSystem, type BearerSessionOptions } from '../../src/systems/bearer-session/system.ts';
import { b2bSystem, type B2bOptions } from '../../src/systems/b2b/system.ts';
import { TEST_SECRET } from './jwt-forge.ts';

/** One answer, and how long it took. */
export interface NodeAnswer {
  readonly status: number;
  readonly tookMs: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

export interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** A client of a node, wherever it runs. */
export interface AuthClient {
  readonly port: number;
  /** `/products` takes a JWT, `/strict` the same and asks the store, `/reports` an opaque token, `/open` nothing. */
  get(path: '/products' | '/strict' | '/reports' | '/open', token?: string): Promise<NodeAnswer>;
  post(path: string, body: object, token?: string): Promise<NodeAnswer>;
  /** Signs in, and expects to succeed. */
  login(name?: string): Promise<Pair>;
  tryLogin(name?: string): Promise<{ readonly answer: NodeAnswer; readonly pair: Pair | null }>;
  /** @returns The answer, and the pair that is in it when there is one. */
  refresh(token: string): Promise<NodeAnswer & { readonly pair: Pair | null }>;
  logout(token: string): Promise<NodeAnswer>;
  opaqueLogin(name?: string): Promise<Pair>;
  opaqueRefresh(token: string): Promise<NodeAnswer & { readonly pair: Pair | null }>;
  /** Lets go of its connections. */
  close(): void;
}

/** A node of a small API over a store: JWT pairs of the B2B system, and opaque tokens of the bearer session system. */
export interface AuthNode extends AuthClient {
  stop(): Promise<void>;
}

export interface AuthNodeOptions {
  readonly b2b?: Partial<B2bOptions> | undefined;
  readonly bearer?: Partial<BearerSessionOptions> | undefined;
}

const PASSWORD = 'correct horse battery staple';

/** Every name is a user whose password is the one of these tests; the client's number is made of the name. */
export const userOf = (name: string) => ({ id: name, active: true, clientId: numberOf(name) });

/** Starts a node in this process. */
export async function startAuthNode(store: Store, options: AuthNodeOptions = {}): Promise<AuthNode> {
  const directory = {
    findLogin: userOf,
    verifyPassword: (_user: unknown, password: string) => password === PASSWORD,
    findUser: userOf,
  };
  const clientAddress = (): string => '203.0.113.7';
  // Somebody listens, so that failures do not become warnings of the process.
  const onEvent = (): void => undefined;
  const b2b = b2bSystem({ store, directory, keys: TEST_SECRET, clientAddress, onEvent, ...options.b2b });
  const bearer = bearerSessionSystem({
    store,
    directory: { ...directory, homeAccount: () => 1, permissionsIn: () => ['read'] },
    secret: `${TEST_SECRET} for opaque tokens`,
    clientAddress,
    onEvent,
    ...options.bearer,
  });
  const systems = mount(b2b, under('/bearer', bearer));
  const doors = {
    '/products': guard(b2b.authenticate()),
    '/strict': guard(b2b.authenticate({ askStore: true })),
    '/reports': guard(bearer.authenticate()),
  };
  const server = createServer((req, res) =>
    systems(req, res, () => {
      const door = doors[req.url as keyof typeof doors] as (typeof doors)['/products'] | undefined;
      if (door === undefined) res.end('"open"');
      else door(req, res, () => res.end('"yours"'));
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = authClient(port);
  return {
    ...client,
    async stop() {
      client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await b2b.close();
      await bearer.close();
    },
  };
}

/** Asks the node at this port, on as many connections as there are requests. */
export function authClient(port: number): AuthClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 500 });

  function ask(method: string, path: string, token?: string, body?: object): Promise<NodeAnswer> {
    return askNode(agent, port, method, path, token, body);
  }

  async function refresh(path: string, token: string): Promise<NodeAnswer & { readonly pair: Pair | null }> {
    const answer = await ask('POST', path, undefined, { refresh_token: token });
    return { ...answer, pair: answer.status === 200 ? pairOf(answer) : null };
  }

  return {
    port,
    get: (path, token) => ask('GET', path, token),
    post: (path, body, token) => ask('POST', path, token, body),
    async tryLogin(name = 'ada') {
      const answer = await ask('POST', '/auth/login', undefined, credentials(name));
      return { answer, pair: answer.status === 200 ? pairOf(answer) : null };
    },
    login: async (name = 'ada') => pairOf(await ask('POST', '/auth/login', undefined, credentials(name))),
    refresh: (token) => refresh('/auth/refresh', token),
    logout: (token) => ask('POST', '/auth/logout', token),
    opaqueLogin: async (name = 'ada') =>
      pairOf(await ask('POST', '/bearer/auth/login', undefined, credentials(name))),
    opaqueRefresh: (token) => refresh('/bearer/auth/refresh', token),
    close: () => agent.destroy(),
  };
}

function credentials(name: string): object {
  return { username: name, password: PASSWORD };
}

/** The pair of a login or a refresh of either system. */
function pairOf({ status, text }: NodeAnswer): Pair {
  const body = JSON.parse(text) as Record<string, unknown>;
  const { data = body } = body as { data?: Record<string, unknown> };
  const found = {
    access: data['access_token'] ?? data['token'],
    refresh: data['refresh_token'] ?? data['refreshToken'],
  };
  if (status !== 200 || typeof found.access !== 'string' || typeof found.refresh !== 'string') {
    throw new Error(`No pair of tokens: ${status} ${text}`);
  }
  return found as Pair;
}

function askNode(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  token: string | undefined,
  body: object | undefined,
): Promise<NodeAnswer> {
  const from = performance.now();
  const headers: Record<string, string> = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          tookMs: performance.now() - from,
          retryAfter: incoming.headers['retry-after'],
          text,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function numberOf(name: string): number {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + character.charCodeAt(0)) % 1_000_000_007;
  return sum;
}
