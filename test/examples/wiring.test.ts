import { afterEach, describe, expect, it } from 'vitest';
import { greeting, readyLine } from '../../examples/api/announce.ts';
import { readEnvironment } from '../../examples/api/environment.ts';
import { health } from '../../examples/api/health.ts';
import { openHost } from '../../examples/api/host.ts';
import { close, wire } from '../../examples/api/wiring.ts';
import { StoreError } from '../../src/core/errors.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function wired(HOST: string): Promise<ReturnType<typeof wire>> {
  const host = await openHost(readEnvironment({ HOST, STORE: 'memory:' }));
  const api = wire(host);
  ends.push(() => close(api, host));
  return api;
}

describe('wire', () => {
  it('puts a chain in front of every route, which is open only where it says why', async () => {
    const { routes } = await wired('127.0.0.1');
    expect(routes.map(({ path, chain }) => [path, ...chain.map((guard) => guard.describe().guard)])).toEqual([
      ['/healthz', 'open'],
      ['/readyz', 'open'],
      ['/api/v1/products', 'authenticate', 'ip_allowlist'],
      ['/api/v1/categories', 'authenticate', 'ip_allowlist'],
      ['/api/v1/audiences', 'authenticate', 'workspace_scope', 'ip_allowlist'],
      ['/api/v1/audiences/:id', 'authenticate', 'workspace_scope', 'ip_allowlist'],
      ['/bearer/reports', 'authenticate', 'ip_allowlist'],
      ['/v1/research', 'authenticate', 'require_scopes', 'ip_allowlist'],
    ]);
  });
});

describe('without demonstration data', () => {
  it('neither the text nor the line has a credential', async () => {
    const url = 'http://127.0.0.1:3000';
    const api = await wired('0.0.0.0');
    expect(readyLine(url, api, null)).toBe(`{"ready":true,"url":"${url}"}`);
    expect(greeting(url, readEnvironment({ HOST: '0.0.0.0' }), api, null)).toBe(
      [
        `The example API listens on ${url} (express).`,
        '',
        'Paste into another terminal:',
        '',
        '# B2B API without a token: 401',
        `curl -i '${url}/api/v1/products'`,
        '',
        '# JWT pair API without a credential: 401',
        `curl -i '${url}/api/v1/audiences/'`,
        '',
        '# Bearer session API without a token: 401',
        `curl -i '${url}/bearer/reports'`,
        '',
        '# OAuth API without a token: 401',
        `curl -i '${url}/v1/research'`,
        '',
        '# Connections to Google Ads and Meta Ads are off: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or',
        '# FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET.',
        '',
        '# A page for people: http://localhost:3000/login (with GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET also by Google; with' +
          ' FACEBOOK_CLIENT_ID, FACEBOOK_CLIENT_SECRET and FACEBOOK_LOGIN=1 by Facebook)',
        '',
        'Since others can reach 0.0.0.0, users to try it with are made only with DEMO=1.',
        '',
        'What is decided about each request appears here. Ctrl-C stops the server.',
        '',
      ].join('\n'),
    );
  });
});

describe('/readyz', () => {
  const works = {
    ping: async () => ({ serverNow: Date.now() }),
    feedRead: async () => ({ events: [], cursor: 'c' }),
  };
  const fails = async (): Promise<never> => {
    throw new StoreError('postgres://user:hunter2@db.example is down');
  };
  const hangs = (): Promise<never> => new Promise(() => undefined);

  it.each([
    ['answers', works, 200, { status: 'ready' }],
    ['fails a ping', { ...works, ping: fails }, 503, unavailable('store_unreachable')],
    ['answers no ping in time', { ...works, ping: hangs }, 503, unavailable('store_unreachable')],
    [
      'has another time',
      { ...works, ping: async () => ({ serverNow: Date.now() + 6_000 }) },
      503,
      unavailable('clock_skewed'),
    ],
    ['has a feed that cannot be read', { ...works, feedRead: fails }, 503, unavailable('feed_unreadable')],
    [
      'is down altogether',
      { ping: fails, feedRead: hangs },
      503,
      unavailable('store_unreachable', 'feed_unreadable'),
    ],
  ])('with a store that %s gives reasons and no errors', async (_name, store, status, body) => {
    const route = health(store, 20).find(({ path }) => path === '/readyz');
    expect(await route?.answer(null, {})).toEqual({ status, body });
  });

  it('asks the store once for probes that come together', async () => {
    let pings = 0;
    const ping = async (): Promise<{ serverNow: number }> => {
      pings += 1;
      return { serverNow: Date.now() };
    };
    const route = health({ ...works, ping }).find(({ path }) => path === '/readyz');
    await Promise.all(Array.from({ length: 50 }, async () => route?.answer(null, {})));
    expect(pings).toBe(1);
    await route?.answer(null, {});
    expect(pings).toBe(2);
  });

  it('reads the feed from where it was last', async () => {
    const cursors: (string | null)[] = [];
    const feedRead = async (cursor: string | null): Promise<{ events: []; cursor: string }> => {
      cursors.push(cursor);
      return { events: [], cursor: `after ${cursors.length}` };
    };
    const route = health({ ...works, feedRead }).find(({ path }) => path === '/readyz');
    await route?.answer(null, {});
    await route?.answer(null, {});
    expect(cursors).toEqual([null, 'after 1']);
  });
});

function unavailable(...reasons: string[]): object {
  return { status: 'unavailable', reasons };
}
