import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import type { SealingKeys } from '../../src/core/sealing.ts';
import type { Store } from '../../src/core/store.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import {
  startFacebook,
  startGoogle,
  type LoopbackFacebook,
  type LoopbackFacebookOptions,
  type LoopbackGoogle,
  type LoopbackGoogleOptions,
} from '../../src/testing/kit.ts';
import { listen, type Host } from './frameworks.ts';
import { send, type HttpAnswer, type HttpRequest } from './http-client.ts';
import { movableClock, type MovableClock } from './movable-clock.ts';

/** 32 bytes, as a host would make them with openssl. */
export const SEALING: SealingKeys = { primary: 'vXo9B5KZ2h+/JSEDgyAVH9TapCX6QDmtrdgTqVjXyI4=' };

/** Two providers, and what strategies for them are given. */
export interface ProviderStage {
  readonly clock: MovableClock;
  readonly store: Store;
  readonly google: LoopbackGoogle;
  readonly facebook: LoopbackFacebook;
  /** Options for a `GoogleStrategy` of a host at this port. */
  googleOptions(port: number, path?: string): GoogleStageOptions;
  facebookOptions(port: number, path?: string): FacebookStageOptions;
}

type GoogleStageOptions = ReturnType<typeof sharedOptions> & Pick<LoopbackGoogle, 'endpoints'>;
type FacebookStageOptions = ReturnType<typeof sharedOptions> &
  Pick<LoopbackFacebook, 'endpoints' | 'graphVersion'> & { readonly login: true };

const running: { stop(): Promise<void> }[] = [];

/** Stops every provider that a test has started; a test file calls it once. */
export function stopProvidersAfterEach(): void {
  afterEach(async () => {
    await Promise.all(running.splice(0).map((provider) => provider.stop()));
  });
}

export async function startProviders(
  options: { readonly google?: LoopbackGoogleOptions; readonly facebook?: LoopbackFacebookOptions } = {},
): Promise<ProviderStage> {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const [google, facebook] = await Promise.all([
    startGoogle({ clock, ...options.google }),
    startFacebook({ clock, ...options.facebook }),
  ]);
  running.push(google, facebook);
  return {
    clock,
    store,
    google,
    facebook,
    googleOptions: (port, path = '/google') => ({
      ...sharedOptions(google, store, clock, `http://127.0.0.1:${port}${path}`),
      endpoints: google.endpoints,
    }),
    facebookOptions: (port, path = '/facebook') => ({
      ...sharedOptions(facebook, store, clock, `http://127.0.0.1:${port}${path}`),
      endpoints: facebook.endpoints,
      graphVersion: facebook.graphVersion,
      login: true,
    }),
  };
}

function sharedOptions(
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  store: Store,
  clock: MovableClock,
  callbackUrl: string,
) {
  return {
    clientId,
    clientSecret,
    callbackUrl,
    store,
    clock,
    sealing: SEALING,
    dangerouslyAllowPlainHttp: true,
    transport: { timeoutMs: 1_000 },
  };
}

/** Starts a host that needs to know its own port before it is built. */
export async function listenKnowing(build: (port: number) => RequestListener): Promise<Host> {
  let listener: RequestListener = () => undefined;
  const host = await listen((request: IncomingMessage, response: ServerResponse) =>
    listener(request, response),
  );
  listener = build(host.port);
  return host;
}

/** Something that keeps cookies, as far as these tests need it. */
export interface CookieClient {
  readonly cookies: Map<string, string>;
  get(path: string, request?: HttpRequest): Promise<HttpAnswer>;
  post(path: string, body: unknown, headers?: HttpRequest['headers']): Promise<HttpAnswer>;
  /** Goes to an address that a provider redirects to. */
  visit(url: string): Promise<HttpAnswer>;
}

export function cookieClient(port: number): CookieClient {
  const cookies = new Map<string, string>();
  async function get(path: string, request: HttpRequest = {}): Promise<HttpAnswer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { Cookie: cookie }), ...request.headers };
    const answer = await send(port, { ...request, path, headers });
    for (const line of answer.lines('set-cookie')) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return answer;
  }
  return {
    cookies,
    get,
    post: (path, body, headers) =>
      get(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    visit(url) {
      const { pathname, search } = new URL(url);
      return get(pathname + search);
    },
  };
}

/** Where an answer redirects to. */
export function locationOf(answer: HttpAnswer): string {
  const location = answer.header('location');
  if (location === undefined) throw new Error(`no redirect: ${answer.status} ${answer.text}`);
  return location;
}
