import type { RequestListener } from 'node:http';
import { afterEach } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import type { NewOAuthClient, OAuthGrantType } from '../../../src/services/oauth-clients.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import {
  oauthSystem,
  type OAuthEvent,
  type OAuthOptions,
  type OAuthSystem,
} from '../../../src/systems/oauth/system.ts';
import { listen, stopHostsAfterEach } from '../../support/frameworks.ts';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { testDirectory, type TestDirectory, type TestUser } from './directory.ts';
import { doublePages } from './double-pages.ts';
import { expectRedirect, expectTokens, type Tokens } from './expectations.ts';
import { NODE_HOST, type OAuthHost } from './hosts.ts';

type Parameters = Readonly<Record<string, string | undefined>>;
type Headers = Readonly<Record<string, string | string[]>>;

/** An application of the tests. */
export interface TestApp {
  readonly id: string;
  /** Empty for a public application. */
  readonly secret: string;
  readonly redirectUri: string;
  /** The parameters by which it authenticates itself in a body. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** A running host and everything that a test moves behind its back. */
export interface Stage {
  readonly port: number;
  readonly issuer: string;
  readonly system: OAuthSystem;
  readonly store: Store;
  readonly clock: MovableClock;
  readonly directory: TestDirectory;
  readonly events: readonly OAuthEvent[];
  /** Confidential, with every grant, both scopes and the teams `t-1` and `t-2`. */
  readonly app: TestApp;
  /** Public, with code, refresh and device; its redirect URI is a loopback address. */
  readonly native: TestApp;
  /** Confidential, for service accounts. */
  readonly service: TestApp;
  /** Another confidential one, with every grant. */
  readonly other: TestApp;
  /** Where requests come from as far as the system can tell. */
  address: string | null;
  makeApp(client: Partial<NewOAuthClient>): Promise<TestApp>;
  /** Posts a form; `undefined` leaves a parameter out, and texts and bytes are sent as they stand. */
  readonly post: (
    path: string,
    body: Parameters | string | Uint8Array,
    headers?: Headers,
  ) => Promise<HttpAnswer>;
  readonly token: (body: Parameters | string, headers?: Headers) => Promise<HttpAnswer>;
  get(path: string, headers?: Headers): Promise<HttpAnswer>;
  /** Asks for a protected route of the host with a token. */
  me(token: string | undefined, path?: string): Promise<HttpAnswer>;
  /** Asks the authorization endpoint, as ada who approves unless told otherwise. */
  authorize(app: TestApp, parameters?: Parameters, headers?: Headers): Promise<HttpAnswer>;
  /** Gets a code, with the challenge of the worked example. */
  code(app: TestApp, parameters?: Parameters, headers?: Headers): Promise<string>;
  /** Redeems a code with all that belongs to it, but for what is given. */
  redeem(app: TestApp, code: string, parameters?: Parameters): Promise<HttpAnswer>;
  /** From the request of the user's consent to the tokens. */
  grant(app?: TestApp, parameters?: Parameters, headers?: Headers): Promise<Tokens>;
  refresh(app: TestApp, token: string | undefined, parameters?: Parameters): Promise<HttpAnswer>;
  /** Begins on a device. */
  device(app: TestApp, parameters?: Parameters): Promise<{ deviceCode: string; userCode: string }>;
  poll(app: TestApp, deviceCode: string | undefined, parameters?: Parameters): Promise<HttpAnswer>;
  /** Enters a user code as ada, and decides where a decision is given. */
  enter(userCode: string, decision?: 'approve' | 'deny', headers?: Headers): Promise<HttpAnswer>;
}

export interface StageOptions extends Partial<
  Omit<OAuthOptions, 'directory' | 'clock' | 'onEvent' | 'store'>
> {
  readonly directory?: TestDirectory | undefined;
  readonly clock?: MovableClock | undefined;
  readonly store?: Store | undefined;
  /** The path of the issuer; none by default. */
  readonly issuerPath?: string | undefined;
  /** Puts something else in front of the system than its host does. */
  readonly listener?: ((system: OAuthSystem) => RequestListener) | undefined;
}

export const SECRET: string = TEST_SECRET;
export const DEVICE_GRANT: OAuthGrantType = 'urn:ietf:params:oauth:grant-type:device_code';
const ALL_GRANTS: readonly OAuthGrantType[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_GRANT,
];
export const SCOPES = {
  'rest_api:read': 'Read your research',
  'rest_api:write': 'Change your research',
} as const;

/** The pair of RFC 7636 appendix B. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

/** Starts a host that stops after the test. */
export async function startStage(host: OAuthHost = NODE_HOST, options: StageOptions = {}): Promise<Stage> {
  const { issuerPath = '', listener, ...rest } = options;
  const clock = options.clock ?? movableClock();
  const directory = options.directory ?? testDirectory();
  const store = options.store ?? memoryStore({ clock });
  const events: OAuthEvent[] = [];
  let address: string | null = '203.0.113.7';
  // The issuer is the server's own address, which is known as soon as it listens.
  let serve: RequestListener = () => undefined;
  const { port } = await listen((request, response) => serve(request, response));
  const issuer = `http://127.0.0.1:${port}${issuerPath}`;
  const system = oauthSystem({
    issuer,
    scopes: SCOPES,
    secret: `${SECRET} of refresh tokens`,
    keys: SECRET,
    pages: doublePages(),
    clientAddress: () => address,
    ...rest,
    store,
    directory,
    clock,
    onEvent: (event) => events.push(event),
  });
  closing.push(() => system.close());
  serve = listener?.(system) ?? host.listener(system);

  async function makeApp(client: Partial<NewOAuthClient>): Promise<TestApp> {
    const made = await system.clients.create({
      name: 'Research Sync',
      owner: 'Acme Ltd',
      type: 'confidential',
      grants: ALL_GRANTS,
      scopes: Object.keys(SCOPES),
      redirectUris: ['https://app.example.com/callback'],
      ...client,
    });
    const { clientId } = made.client;
    const secret = made.clientSecret ?? '';
    return {
      id: clientId,
      secret,
      redirectUri: made.client.redirectUris[0] ?? '',
      credentials: { client_id: clientId, ...(secret === '' ? {} : { client_secret: secret }) },
    };
  }

  const post: Stage['post'] = (path, body, headers = {}) =>
    send(port, {
      method: 'POST',
      path: issuerPath + path,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      body: typeof body === 'string' || body instanceof Uint8Array ? body : formOf(body),
    });
  const token: Stage['token'] = (body, headers) => post('/v1/oauth/token', body, headers);
  const get: Stage['get'] = (path, headers = {}) => send(port, { path: issuerPath + path, headers });
  const as = (user: TestUser): Headers => ({ 'X-User': user.id, 'X-Decision': 'approve' });
  const authorize: Stage['authorize'] = (whose, parameters = {}, headers = as(directory.ada)) => {
    const query = formOf({
      response_type: 'code',
      client_id: whose.id,
      redirect_uri: whose.redirectUri,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...parameters,
    });
    return get(`/oauth/authorize?${query}`, headers);
  };
  const code: Stage['code'] = async (whose, parameters, headers) => {
    const answer = await authorize(whose, parameters, headers);
    return expectRedirect(answer, parameters?.['redirect_uri'] ?? whose.redirectUri)['code'] ?? '';
  };
  const redeem: Stage['redeem'] = (whose, given, parameters = {}) =>
    token({
      grant_type: 'authorization_code',
      ...whose.credentials,
      code: given,
      redirect_uri: whose.redirectUri,
      code_verifier: VERIFIER,
      ...parameters,
    });

  const app = await makeApp({ teams: ['t-1', 't-2'] });
  return {
    port,
    issuer,
    system,
    store,
    clock,
    directory,
    events,
    app,
    native: await makeApp({
      name: 'Research Desk',
      type: 'public',
      grants: ['authorization_code', 'refresh_token', DEVICE_GRANT],
      redirectUris: ['http://127.0.0.1/callback'],
    }),
    service: await makeApp({
      name: 'Research Mirror',
      grants: ['authorization_code', 'refresh_token'],
      serviceAccount: true,
    }),
    other: await makeApp({ name: 'Another' }),
    get address() {
      return address;
    },
    set address(value) {
      address = value;
    },
    makeApp,
    post,
    token,
    get,
    me: (accessToken, path = '/v1/me') =>
      send(port, {
        path,
        headers: accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` },
      }),
    authorize,
    code,
    redeem,
    async grant(whose = app, parameters, headers) {
      const redirect = parameters?.['redirect_uri'];
      return expectTokens(
        await redeem(
          whose,
          await code(whose, parameters, headers),
          redirect === undefined ? {} : { redirect_uri: redirect },
        ),
      );
    },
    refresh: (whose, refreshToken, parameters = {}) =>
      token({
        grant_type: 'refresh_token',
        ...whose.credentials,
        refresh_token: refreshToken,
        ...parameters,
      }),
    async device(whose, parameters = {}) {
      const answer = await post('/v1/oauth/device', {
        client_id: whose.id,
        scope: 'rest_api:read',
        ...parameters,
      });
      const body = answer.json() as { device_code: string; user_code: string };
      return { deviceCode: body.device_code, userCode: body.user_code };
    },
    poll: (whose, deviceCode, parameters = {}) =>
      token({ grant_type: DEVICE_GRANT, ...whose.credentials, device_code: deviceCode, ...parameters }),
    enter: (userCode, decision, headers = {}) =>
      get(`/oauth/device?user_code=${encodeURIComponent(userCode)}`, {
        'X-User': directory.ada.id,
        ...(decision === undefined ? {} : { 'X-Decision': decision }),
        ...headers,
      }),
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

export function formOf(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new URLSearchParams(given).toString();
}

/** The header of `client_secret_basic`; the parts are sent as they are given. */
export function basic(id: string, secret: string): Headers {
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` };
}
