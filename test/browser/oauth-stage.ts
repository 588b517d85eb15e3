import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import express from 'express';
import Koa from 'koa';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { User } from '../../src/core/directory.ts';
import { mount as expressMount } from '../../src/express.ts';
import { mount as koaMount } from '../../src/koa.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { oauthPages, type OAuthPagesOptions } from '../../src/systems/oauth/pages/pages.ts';
import { oauthSystem, type OAuthSystem } from '../../src/systems/oauth/system.ts';
import { type Host, listen } from '../support/frameworks.ts';
import type { HttpAnswer } from '../support/http-client.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

export const ADA = { username: 'ada@acme.example', password: 'correct horse battery' };
export const BEN = { username: 'ben@acme.example', password: 'staple' };

/** The server with its pages on a framework, an application that users are sent back to, and a device. */
export interface OAuthStage extends Host {
  readonly origin: string;
  readonly oauth: OAuthSystem;
  readonly clock: MovableClock;
  readonly events: readonly DecisionEvent[];
  readonly users: Map<string, StageUser>;
  readonly clientId: string;
  /** Where the application takes users back, on a server of its own. */
  readonly callback: string;
  /** The address that the application sends a user to. */
  authorizeUrl(more?: Readonly<Record<string, string>>): string;
  /** What the application was told at its redirect URI, in order. */
  readonly returned: readonly URLSearchParams[];
  /** Exchanges a code as the application does. */
  redeem(code: string): Promise<HttpAnswer>;
  startDevice(): Promise<{ readonly userCode: string; readonly link: string; poll(): Promise<HttpAnswer> }>;
}

export interface StageUser extends User {
  readonly name: string;
  readonly password: string;
}

export interface StageOptions {
  readonly framework?: 'express' | 'koa' | undefined;
  readonly pages?: Partial<OAuthPagesOptions> | undefined;
  /** Whether logins are limited, as they are by default; default false. */
  readonly limited?: boolean | undefined;
  /** Where the redirect URI sends the browser on to. */
  readonly onward?: string | undefined;
}

export async function startOAuth({
  framework = 'express',
  pages,
  onward,
  limited = false,
}: StageOptions = {}): Promise<OAuthStage> {
  const clock = movableClock();
  const events: DecisionEvent[] = [];
  const returned: URLSearchParams[] = [];
  const users = new Map<string, StageUser>([
    ['u1', { id: 'u1', active: true, name: ADA.username, password: ADA.password }],
    ['u2', { id: 'u2', active: true, name: BEN.username, password: BEN.password }],
  ]);
  const application = await listen((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/callback') {
      returned.push(searchParams);
      if (onward !== undefined) response.statusCode = 303;
      if (onward !== undefined) response.setHeader('Location', onward);
    }
    response.setHeader('Content-Type', 'text/html');
    response.end('<title>Ledger Sync</title><h1>Welcome back</h1>');
  });
  const callback = `http://127.0.0.1:${application.port}/callback`;

  let listener: RequestListener = (_, response) => response.end();
  const host = await listen((request, response) => listener(request, response));
  const origin = `http://127.0.0.1:${host.port}`;
  const store = memoryStore({ clock });
  const oauth = oauthSystem({
    store,
    loginLimiter: limited ? undefined : null,
    clock,
    issuer: origin,
    secret: 'a secret of at least thirty-two bytes: refresh',
    keys: 'a secret of at least thirty-two bytes: signing',
    scopes: {
      'rest_api:read': 'Read your research notes and companies',
      'rest_api:write': 'Add and change research notes',
      'rest_api:fields:read': 'See which custom fields your team has',
    },
    directory: {
      findLogin: (name) => [...users.values()].find((user) => user.name === name) ?? null,
      verifyPassword: (user, password) => user !== null && users.get(user.id)?.password === password,
      findUser: (id) => users.get(id) ?? null,
    },
    pages: oauthPages({
      sealing: { primary: randomBytes(32) },
      name: 'Acme',
      dangerouslyAllowPlainHttp: true,
      ...pages,
    }),
    onEvent: (event) => {
      if (event.type === 'decision') events.push(event);
    },
  });
  listener = framework === 'express' ? expressApp(oauth) : koaApp(oauth);

  const { client, clientSecret } = await oauth.clients.create({
    clientId: 'ledger-sync',
    name: 'Ledger Sync',
    owner: 'Northwind Analytics',
    type: 'confidential',
    grants: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    scopes: ['rest_api:read', 'rest_api:write', 'rest_api:fields:read'],
    redirectUris: [callback, 'https://ledger.northwind.example/callback'],
  });
  const { clientId } = client;
  const verifier = randomBytes(32).toString('base64url');

  function post(path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    return host.send({
      method: 'POST',
      path,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret ?? '',
        ...fields,
      }).toString(),
    });
  }

  return {
    ...host,
    origin,
    oauth,
    clock,
    events,
    users,
    clientId,
    callback,
    returned,
    authorizeUrl(more = {}) {
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: callback,
        state: 'af0ifjsldkj',
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        ...more,
      });
      return `${origin}/oauth/authorize?${query.toString()}`;
    },
    redeem: (code) =>
      post('/v1/oauth/token', {
        grant_type: 'authorization_code',
        code,
        redirect_uri: callback,
        code_verifier: verifier,
      }),
    async startDevice() {
      const answer = await post('/v1/oauth/device', { scope: 'rest_api:read rest_api:write' });
      const { device_code, user_code, verification_uri_complete } = answer.json() as Record<string, string>;
      return {
        userCode: user_code ?? '',
        link: verification_uri_complete ?? '',
        poll: () =>
          post('/v1/oauth/token', {
            grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
            device_code: device_code ?? '',
          }),
      };
    },
  };
}

function expressApp(oauth: OAuthSystem): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  // A body parser in front, as most applications have one.
  app.use(express.urlencoded({ extended: false }), expressMount(oauth));
  return app;
}

function koaApp(oauth: OAuthSystem): RequestListener {
  const app = new Koa();
  app.use(koaMount(oauth));
  const handle = app.callback();
  return (request, response) => {
    void handle(request, response);
  };
}
