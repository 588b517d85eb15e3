import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import express from 'express';
import Koa from 'koa';
import type { ConnectionEvent, DecisionEvent } from '../../src/core/events.ts';
import type { Exchange } from '../../src/core/exchange.ts';
import { mount as expressMount } from '../../src/express.ts';
import { mount as koaMount } from '../../src/koa.ts';
import { connections, googleAds, metaAds, type Connections } from '../../src/services/connections.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { connectionsPages } from '../../src/systems/connections/pages/pages.ts';
import { connectionsSystem, type ConnectionsSystem } from '../../src/systems/connections/system.ts';
import { open as openTo } from '../../src/middleware/authenticate.ts';
import {
  startFacebook,
  startGoogle,
  type LoopbackFacebook,
  type LoopbackGoogle,
} from '../../src/testing/kit.ts';
import { type Host, listen } from '../support/frameworks.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

/** An application with the page of connections, a Google and a Facebook. */
export interface ConnectionsStage extends Host {
  readonly origin: string;
  readonly service: Connections;
  readonly clock: MovableClock;
  readonly events: readonly (DecisionEvent | ConnectionEvent)[];
  readonly google: LoopbackGoogle;
  readonly facebook: LoopbackFacebook;
  /** The users of the application: whoever opens `/login?as=<name>` is signed in as that one. */
  readonly members: Map<string, string | null>;
  readonly stop: () => Promise<void>;
}

/** What somebody calls an account who wants to write into the page, or to turn it round. */
export const HOSTILE_NAME = '"><script>alert(1)</script>\u202e';

export const FRAMEWORKS = ['express', 'koa'] as const;

export async function startConnections(
  framework: (typeof FRAMEWORKS)[number] = 'express',
): Promise<ConnectionsStage> {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const events: (DecisionEvent | ConnectionEvent)[] = [];
  const members = new Map<string, string | null>([
    ['ines', 'harbour'],
    ['jo', 'harbour'],
    ['kim', 'hill'],
    ['lea', null],
  ]);
  const google = await startGoogle({
    clock,
    accounts: [
      { id: '110169484474386276334', email: 'ads@harbour.example' },
      { id: '110169484474386276335', email: 'shop@harbour.example' },
    ],
  });
  const facebook = await startFacebook({
    clock,
    accounts: [
      {
        id: '10158552345678901',
        email: 'ines@harbour.example',
        firstName: 'Ines',
        lastName: 'Hafen',
      },
      { id: '10158552345678902', firstName: HOSTILE_NAME },
    ],
  });
  let listener: RequestListener = (_, response) => response.end();
  const host = await listen((request, response) => listener(request, response));
  const origin = `http://127.0.0.1:${host.port}`;
  const service = connections({
    store,
    clock,
    sealing: { primary: KEY },
    transport: { timeoutMs: 10_000 },
    isMember: (user, workspace) => members.get(user) === workspace,
    providers: [
      googleAds({ ...clientOf(google), endpoints: google.endpoints }),
      metaAds({ ...clientOf(facebook), graphVersion: facebook.graphVersion, endpoints: facebook.endpoints }),
    ],
    onEvent: (event) => events.push(event),
  });
  const system = connectionsSystem({
    connections: service,
    // The page asks the application's own session; nobody uses the API here.
    authenticate: nobody(),
    publicUrl: origin,
    sealing: { primary: KEY },
    store,
    clock,
    dangerouslyAllowPlainHttp: true,
    onEvent: (event) => events.push(event),
    pages: connectionsPages({
      name: 'Northwind',
      signInUrl: '/login',
      signedIn(exchange) {
        const id = sessionOf(exchange);
        const workspace = id === null ? undefined : members.get(id);
        if (id === null || workspace === undefined) return null;
        return { id, workspace, label: `${id}@harbour.example`, workspaceLabel: 'Harbour' };
      },
      userLabel: (id) => `${id}@harbour.example`,
    }),
  });
  listener = framework === 'express' ? expressApp(system) : koaApp(system);
  return {
    ...host,
    origin,
    service,
    clock,
    events,
    google,
    facebook,
    members,
    stop: async () => {
      await Promise.all([google.stop(), facebook.stop()]);
    },
  };
}

const KEY = randomBytes(32);

function clientOf({ clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string }) {
  return { clientId, clientSecret };
}

function nobody(): Parameters<typeof connectionsSystem>[0]['authenticate'] {
  const entry = openTo('the tests of the page use no API');
  return { ...entry, enterChain: () => ({ kind: 'allow', principal: { kind: 'api_key', id: 'none' } }) };
}

/** The application's own session, which is nothing to build anything on: the user's name in a cookie. */
function sessionOf(exchange: Exchange): string | null {
  const cookies = exchange.headerLines('cookie').join(';');
  return /(?:^|;\s*)session=(\w+)/.exec(cookies)?.[1] ?? null;
}

const LOGIN = '<!doctype html><html lang="en"><title>Sign in</title><h1>Sign in</h1>';

function expressApp(system: ConnectionsSystem): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.get('/login', (request, response) => {
    const { as } = request.query;
    if (typeof as !== 'string') response.send(LOGIN);
    else response.cookie('session', as, { httpOnly: true, sameSite: 'lax' }).redirect('/connections');
  });
  // A body parser in front, as most applications have one.
  app.use(express.urlencoded({ extended: false }), expressMount(system));
  return app;
}

function koaApp(system: ConnectionsSystem): RequestListener {
  const app = new Koa();
  app.use(async (context, next) => {
    if (context.path !== '/login') return next();
    const { as } = context.query;
    if (typeof as !== 'string') {
      context.type = 'html';
      context.body = LOGIN;
      return undefined;
    }
    context.cookies.set('session', as, { httpOnly: true, sameSite: 'lax' });
    context.redirect('/connections');
    return undefined;
  });
  app.use(koaMount(system));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}
