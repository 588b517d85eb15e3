import { expect, it } from 'vitest';
import type { DecisionEvent } from '../../src/core/events.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { ipAllowlist } from '../../src/middleware/ip-allowlist.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { MAX_STALE_SECONDS, nodes, oneNode, type TestNode } from '../services/allowlists/fixture.ts';
import { onEachFramework, stopHostsAfterEach, type Chain } from '../support/frameworks.ts';
import { type HttpAnswer, type HttpRequest } from '../support/http-client.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

stopHostsAfterEach();

const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';
const OFFICE = '203.0.113.0/24';
const INSIDE = '203.0.113.7';
const OUTSIDE = '198.51.100.1';

onEachFramework('ipAllowlist with networks', (framework) => {
  it('refuses with the whole envelope and tells the reason to the event only', async () => {
    const events: DecisionEvent[] = [];
    const host = await framework.start({
      chain: [open('test'), ipAllowlist({ networks: PROXY }), { onEvent: (event) => events.push(event) }],
    });
    const refused = await host.send({ localAddress: STRANGER });
    const passed = await host.send({ localAddress: PROXY });

    expectDenied(refused);
    expect(passed.status).toBe(200);
    expect(events).toMatchObject([
      { outcome: 'denied', guard: 'ip_allowlist', reason: 'ip_denied', peerAddress: STRANGER },
      { outcome: 'allowed', guard: 'open', reason: null, peerAddress: PROXY },
    ]);
  });

  it.each([
    ['the allowed peer', PROXY, {}, 200],
    ['the allowed peer, whatever it forwards', PROXY, { 'X-Forwarded-For': OUTSIDE }, 200],
    ['another peer', STRANGER, {}, 403],
    ['another peer that forwards the allowed one', STRANGER, { 'X-Forwarded-For': PROXY }, 403],
    [
      'another peer that names the allowed one otherwise',
      STRANGER,
      { 'X-Real-IP': PROXY, Forwarded: `for=${PROXY}` },
      403,
    ],
  ])(
    'IP-02 IP-05 believes no header without trusted proxies: %s',
    async (_, localAddress, headers, status) => {
      const networks = ipAllowlist({ networks: PROXY, onUntrustedForward: () => undefined });
      const host = await framework.start({ chain: [open('test'), networks] });
      expect((await host.send({ localAddress, headers })).status).toBe(status);
    },
  );

  it.each<[string, string, HttpRequest['headers'], number]>([
    ['IP-02 an allowed client behind the proxy', PROXY, { 'X-Forwarded-For': INSIDE }, 200],
    ['IP-02 the same words from a peer that is no proxy', STRANGER, { 'X-Forwarded-For': INSIDE }, 403],
    ['IP-02 a client elsewhere behind the proxy', PROXY, { 'X-Forwarded-For': OUTSIDE }, 403],
    ['IP-02 the proxy itself', PROXY, {}, 403],
    ['IP-03 an allowed address put on the left', PROXY, { 'X-Forwarded-For': `${INSIDE}, ${OUTSIDE}` }, 403],
    ['IP-03 another address put on the left', PROXY, { 'X-Forwarded-For': `${OUTSIDE}, ${INSIDE}` }, 200],
    ['IP-03 through two proxies', PROXY, { 'X-Forwarded-For': `${INSIDE}, ${PROXY}` }, 200],
    ['IP-04 an allowed address on a first line', PROXY, { 'X-Forwarded-For': [INSIDE, OUTSIDE] }, 403],
    ['IP-04 an allowed address on the last line', PROXY, { 'X-Forwarded-For': [OUTSIDE, INSIDE] }, 200],
    [
      'IP-05 other headers',
      PROXY,
      { 'X-Real-IP': INSIDE, 'CF-Connecting-IP': INSIDE, Forwarded: `for=${INSIDE}` },
      403,
    ],
    ['IP-06 an IPv4-mapped client', PROXY, { 'X-Forwarded-For': `::ffff:${INSIDE}` }, 200],
    ['IP-06 an IPv4-compatible look-alike', PROXY, { 'X-Forwarded-For': `::${INSIDE}` }, 403],
    ['IP-06 an IPv6 client', PROXY, { 'X-Forwarded-For': '2001:db8::7' }, 200],
    ['IP-06 an IPv6 client elsewhere', PROXY, { 'X-Forwarded-For': '2001:db9::7' }, 403],
    ['an address that cannot be known', PROXY, { 'X-Forwarded-For': 'unknown' }, 403],
    ['an address with a port', PROXY, { 'X-Forwarded-For': `${INSIDE}:443` }, 403],
  ])('with a trusted proxy: %s', async (_, localAddress, headers, status) => {
    const networks = ipAllowlist({
      networks: [OFFICE, '2001:db8::/32'],
      trustedProxies: PROXY,
      onUntrustedForward: () => undefined,
    });
    const host = await framework.start({ chain: [open('test'), networks] });
    const answer = await host.send({ localAddress, headers });
    expect(answer.status).toBe(status);
  });

  it('asks the host for the address when it wants to say, and fails when that fails', async () => {
    const networks = ipAllowlist({
      networks: OFFICE,
      clientAddress: (exchange) => {
        const [edge] = exchange.headerLines('edge-client');
        if (edge === 'broken') throw new Error('the edge is broken');
        return edge;
      },
    });
    const host = await framework.start({ chain: [open('test'), networks, { onEvent: () => undefined }] });
    const statuses = await Promise.all(
      [INSIDE, OUTSIDE, 'rubbish', 'broken'].map(
        async (edge) => (await host.send({ headers: { 'Edge-Client': edge } })).status,
      ),
    );
    expect(statuses).toEqual([200, 403, 403, 500]);
    expectDenied(await host.send());
  });
});

onEachFramework('ipAllowlist with lists', (framework) => {
  it('puts edits in force at once, for the token that is in use', async () => {
    const { lists, clock } = oneNode();
    const host = await framework.start({ chain: apiOf(lists, clock) });
    const ask = async (localAddress: string): Promise<number> =>
      (await host.send({ localAddress, headers: bearer() })).status;
    const both = async (): Promise<readonly number[]> => [await ask(PROXY), await ask(STRANGER)];

    expect(await both()).toEqual([200, 200]);
    await lists.add('client:7', { network: PROXY });
    expect(await both()).toEqual([200, 403]);
    await lists.add('client:7', { network: '127.0.0.0/8' });
    expect(await both()).toEqual([200, 200]);
    await lists.remove('client:7', '127.0.0.0/8');
    expect(await both()).toEqual([200, 403]);
    await lists.remove('client:7', PROXY);
    expect(await both()).toEqual([403, 403]);
    await lists.clear('client:7');
    expect(await both()).toEqual([200, 200]);
  });

  it('asks for the credential first, so that a stranger learns nothing about lists', async () => {
    const { lists, clock } = oneNode();
    await lists.add('client:7', { network: '192.0.2.1' });
    const host = await framework.start({ chain: apiOf(lists, clock) });

    const nobody = await host.get();
    const bad = await host.get('Bearer a.b.c');
    expect([nobody.status, bad.status]).toEqual([401, 401]);
    expectDenied(await host.send({ headers: bearer() }));
    expect((await host.send({ headers: bearer('another') })).status).toBe(200);
  });

  it('LG-02 names in the event the entry that let a request in, and the list that refused one', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany('client:7', [{ network: '127.0.0.0/8' }, { network: PROXY }]);
    await lists.add('workspace:w1', { network: PROXY });
    const events: DecisionEvent[] = [];
    const host = await framework.start({
      chain: [...apiOf(lists, clock), { onEvent: (event) => events.push(event) }],
    });
    for (const localAddress of [PROXY, STRANGER]) await host.send({ localAddress, headers: bearer() });
    expect(events.map(({ outcome, rule }) => [outcome, rule])).toEqual([
      ['allowed', `client:7 ${PROXY}/32, workspace:w1 ${PROXY}/32`],
      ['denied', 'workspace:w1'],
    ]);
  });

  it('lets a request pass that a list which observes would refuse, and has it in the report', async () => {
    const { lists, clock } = oneNode();
    await lists.add('client:7', { network: PROXY }, { observe: true });
    const host = await framework.start({ chain: apiOf(lists, clock) });
    const answers = [PROXY, STRANGER].map((localAddress) => host.send({ localAddress, headers: bearer() }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    const { lines } = await lists.report('client:7');
    expect(lines).toMatchObject([{ network: '127.0.0.0/24', count: 1, admitted: 'part' }]);
    expect(lines[0]?.route).toMatch(/^GET \//);
  });

  it('demands every list that is configured', async () => {
    const { lists, clock } = oneNode();
    await lists.add('client:7', { network: '127.0.0.0/8' });
    await lists.add('workspace:w1', { network: PROXY });
    const host = await framework.start({ chain: apiOf(lists, clock) });
    const answers = [PROXY, STRANGER].map((localAddress) => host.send({ localAddress, headers: bearer() }));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 403]);
  });

  it('ends an entry at its very second', async () => {
    const { lists, clock } = oneNode();
    await lists.add('client:7', { network: PROXY, expiresAt: clock.now() + 2_000 });
    const host = await framework.start({ chain: apiOf(lists, clock) });
    const ask = async (): Promise<number> =>
      (await host.send({ localAddress: PROXY, headers: bearer() })).status;

    expect(await ask()).toBe(200);
    clock.advance(1.999);
    expect(await ask()).toBe(200);
    clock.advance(0.001);
    expect(await ask()).toBe(403);
  });

  it('refuses a client whose address cannot be known if it has a list, and only then', async () => {
    const { lists, clock } = oneNode();
    const live = ipAllowlist({ lists, trustedProxies: PROXY });
    const host = await framework.start({ chain: [entryAt(clock), live] });
    const ask = (): Promise<HttpAnswer> =>
      host.send({ localAddress: PROXY, headers: { ...bearer(), 'X-Forwarded-For': 'unknown' } });

    expect((await ask()).status).toBe(200);
    await lists.add('client:7', { network: '0.0.0.0/0' });
    expectDenied(await ask());
  });

  it('follows an edit that another process made', async () => {
    const { clock, nodes: made } = nodes(2);
    const [here, there] = made as [TestNode, TestNode];
    const host = await framework.start({ chain: apiOf(here.lists, clock) });
    const ask = async (): Promise<number> => (await host.send({ headers: bearer() })).status;

    expect(await ask()).toBe(200);
    await there.lists.add('client:7', { network: '192.0.2.1' });
    clock.advance(MAX_STALE_SECONDS + 1);
    expect(await ask()).toBe(403);
    await there.lists.clear('client:7');
    await here.feed.poll();
    expect(await ask()).toBe(200);
  });

  it('answers 503 while the store is down, neither 403 nor 200, and recovers', async () => {
    const { lists, store, clock } = oneNode();
    await lists.add('client:7', { network: PROXY });
    const host = await framework.start({ chain: [...apiOf(lists, clock), { onEvent: () => undefined }] });
    const ask = (localAddress: string): Promise<HttpAnswer> => host.send({ localAddress, headers: bearer() });
    expect((await ask(PROXY)).status).toBe(200);

    for (const method of ['get', 'feedRead'] as const) store.down.add(method);
    clock.advance(MAX_STALE_SECONDS + 1);
    for (const answer of [await ask(PROXY), await ask(STRANGER)]) {
      expect(answer.status).toBe(503);
      expect(answer.header('Retry-After')).toBe('1');
      expect(answer.json()).toEqual({
        error: {
          name: 'ServiceUnavailableError',
          code: 'SERVICE_UNAVAILABLE',
          message: 'Service temporarily unavailable',
        },
      });
    }
    store.down.clear();
    expect([(await ask(PROXY)).status, (await ask(STRANGER)).status]).toEqual([200, 403]);
  });
});

function expectDenied(answer: HttpAnswer): void {
  expect(answer.status).toBe(403);
  expect(answer.json()).toEqual({
    error: { name: 'ForbiddenError', code: 'FORBIDDEN', message: 'IP address not authorized' },
  });
  expect(answer.header('Content-Type')).toBe('application/json');
  expect(answer.header('Cache-Control')).toBe('no-store');
  expect(answer.header('WWW-Authenticate')).toBeUndefined();
}

/** Clients by JWT, each in the workspace w1, in front of the lists that can apply to them. */
function apiOf(lists: TestNode['lists'], clock: MovableClock): Chain {
  return [entryAt(clock), ipAllowlist({ lists })];
}

function entryAt(clock: MovableClock): Chain[0] {
  return authenticate(
    new JwtBearerStrategy({
      algorithm: 'HS256',
      keys: TEST_SECRET,
      issuer: null,
      audience: null,
      principal: (claims) => ({ kind: 'client', id: String(claims['sub']), workspace: 'w1' }),
      clock,
    }),
  );
}

/** One token for each subject, the same whenever it is asked for, as a client would use it. */
function bearer(sub = '7'): { readonly Authorization: string } {
  const start = movableClock().seconds();
  const payload = { sub, iat: start, exp: start + 3_600 };
  return { Authorization: `Bearer ${forge({ payload, key: TEST_SECRET, algorithm: 'HS256' })}` };
}
