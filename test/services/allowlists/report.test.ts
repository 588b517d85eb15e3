import { describe, expect, it, vi } from 'vitest';
import { observations } from '../../../src/services/allowlists/observations.ts';
import { address, nodes, oneNode, type TestNode } from './fixture.ts';

const LIST = 'client:1';
const PRODUCTS = { method: 'GET', path: '/products' };

async function ask(node: Pick<TestNode, 'lists'>, from: string | null, request?: object): Promise<void> {
  const { lists } = node;
  expect(
    await lists.check(LIST, from === null ? null : address(from), request as typeof PRODUCTS),
  ).toBeNull();
}

describe('the report of a list that observes', () => {
  it('counts what would have been refused, by network and route, with when', async () => {
    const node = oneNode();
    const { lists, clock } = node;
    await lists.add(LIST, { network: '203.0.113.0/24' }, { observe: true });
    const since = clock.now();
    await ask(node, '203.0.113.7', PRODUCTS);
    await ask(node, '198.51.100.1', PRODUCTS);
    clock.advance(1);
    await ask(node, '198.51.100.200', PRODUCTS);
    await ask(node, '198.51.100.1', { method: 'POST', path: '/products' });
    await ask(node, '2001:db8:0:1::1', PRODUCTS);
    await ask(node, '2001:db8:0:1:ffff::1', PRODUCTS);
    await ask(node, '2001:db8:0:2::1', PRODUCTS);
    await ask(node, null, PRODUCTS);
    await ask(node, '192.0.2.1');

    const report = await lists.report(LIST);
    expect({ ...report, lines: undefined }).toEqual({
      list: LIST,
      mode: 'observe',
      since,
      lines: undefined,
      others: null,
    });
    const later = { firstAt: since + 1_000, lastAt: since + 1_000, admitted: 'none' };
    expect(report.lines.slice(0, 2)).toEqual([
      { network: '198.51.100.0/24', route: 'GET /products', count: 2, ...later, firstAt: since },
      { network: '2001:db8:0:1::/64', route: 'GET /products', count: 2, ...later },
    ]);
    expect(new Set(report.lines.slice(2))).toEqual(
      new Set([
        { network: '198.51.100.0/24', route: 'POST /products', count: 1, ...later },
        { network: '2001:db8:0:2::/64', route: 'GET /products', count: 1, ...later },
        { network: null, route: 'GET /products', count: 1, ...later },
        { network: '192.0.2.0/24', route: '-', count: 1, ...later },
      ]),
    );
  });

  it('says what of it the entries would let in by now', async () => {
    const node = oneNode();
    await node.lists.setMode(LIST, 'observe');
    for (const from of ['203.0.113.7', '198.51.100.1', '192.0.2.1']) await ask(node, from, PRODUCTS);
    await node.lists.addMany(LIST, [{ network: '203.0.112.0/23' }, { network: '198.51.100.1' }]);
    const { lines } = await node.lists.report(LIST);
    expect(Object.fromEntries(lines.map(({ network, admitted }) => [network, admitted]))).toEqual({
      '203.0.113.0/24': 'all',
      '198.51.100.0/24': 'part',
      '192.0.2.0/24': 'none',
    });
  });

  it('LG-03 holds no ids, secrets or control characters of a path, and not much of a long one', async () => {
    const node = oneNode();
    await node.lists.setMode(LIST, 'observe');
    const paths = [
      '/audiences/17',
      '/audiences/18',
      '/invitations/eyJhbGciOiJIUzI1NiJ9abcdefghijklmnop',
      '/orders/0f8fad5b-d9cb-469f-a165-70867728950e/lines',
      '/users/ada@example.com',
      '/a\n{"x"}/v1',
      `/${'b'.repeat(30)}/${'c'.repeat(30)}/${'d'.repeat(30)}/${'e'.repeat(30)}`,
      `/${'f/'.repeat(500)}`,
    ];
    for (const path of paths) await ask(node, '192.0.2.1', { method: 'GET', path });
    const { lines } = await node.lists.report(LIST);
    expect(new Set(lines.map(({ route }) => route))).toEqual(
      new Set([
        'GET /audiences/:id',
        'GET /invitations/:id',
        'GET /orders/:id/lines',
        'GET /users/:id',
        'GET /:id/v1',
        `GET /${'b'.repeat(30)}/${'c'.repeat(30)}/${'d'.repeat(30)}/ee...`,
        'GET /f/f/f/f/f/f/f/f/f/f/f',
      ]),
    );
    expect(lines[0]).toMatchObject({ route: 'GET /audiences/:id', count: 2 });
  });

  it('has at most 500 lines, and counts the others together', async () => {
    const node = oneNode();
    await node.lists.setMode(LIST, 'observe');
    for (let n = 0; n < 600; n++) await ask(node, `11.${n >> 8}.${n & 255}.1`, PRODUCTS);
    await ask(node, '11.0.0.1', PRODUCTS);
    const at = node.clock.now();
    const { lines, others } = await node.lists.report(LIST);
    expect([lines.length, lines[0]?.count]).toEqual([500, 2]);
    expect(others).toEqual({ count: 100, firstAt: at, lastAt: at });
  });

  it('begins anew when the list begins to observe again, and with a list that was cleared', async () => {
    const node = oneNode();
    const { lists, clock } = node;
    await lists.setMode(LIST, 'observe');
    await ask(node, '192.0.2.1', PRODUCTS);
    expect((await lists.report(LIST)).lines.length).toBe(1);
    clock.advance(1);
    await lists.setMode(LIST, 'off');
    expect(await lists.report(LIST)).toMatchObject({ mode: 'off', lines: [{ count: 1 }] });
    await lists.setMode(LIST, 'observe');
    expect(await lists.report(LIST)).toMatchObject({ since: clock.now(), lines: [] });
    await ask(node, '192.0.2.1', PRODUCTS);
    expect((await lists.report(LIST)).lines).toMatchObject([{ count: 1 }]);
    await lists.clear(LIST);
    expect(await lists.report(LIST)).toMatchObject({ since: null, lines: [] });
  });

  it('counts nothing for lists that enforce or are off', async () => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: '203.0.113.7' });
    await lists.check(LIST, address('192.0.2.1'), PRODUCTS);
    await lists.setMode(LIST, 'off');
    await lists.check(LIST, address('192.0.2.1'), PRODUCTS);
    expect((await lists.report(LIST)).lines).toEqual([]);
  });

  it('counts a request once, also when one of the lists has to be read first', async () => {
    const { lists } = oneNode();
    await lists.setMode(LIST, 'observe');
    await lists.check(LIST, address('192.0.2.1'), PRODUCTS);
    await lists.check([LIST, 'key:unread'], address('192.0.2.1'), PRODUCTS);
    expect((await lists.report(LIST)).lines).toMatchObject([{ count: 2 }]);
  });
});

describe('the report of several processes', () => {
  it('is the sum of what they counted, and can be read in any of them', async () => {
    const { nodes: made, clock } = nodes(3);
    const [a, b, tool] = made as [TestNode, TestNode, TestNode];
    await tool.lists.setMode(LIST, 'observe');
    await ask(a, '192.0.2.1', PRODUCTS);
    clock.advance(1);
    for (const node of [b, b, a]) await ask(node, '192.0.2.9', PRODUCTS);
    expect((await tool.lists.report(LIST)).lines).toEqual([]);
    await Promise.all([a.lists.close(), b.lists.close()]);

    const at = clock.now();
    expect((await tool.lists.report(LIST)).lines).toEqual([
      {
        network: '192.0.2.0/24',
        route: 'GET /products',
        count: 4,
        firstAt: at - 1_000,
        lastAt: at,
        admitted: 'none',
      },
    ]);
  });

  it('is written by itself within a few seconds, together and never on a request', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { nodes: made } = nodes(2);
      const [server, tool] = made as [TestNode, TestNode];
      await server.lists.setMode(LIST, 'observe');
      const puts = server.store.calls.put;
      for (let n = 0; n < 100; n++) await ask(server, '192.0.2.1', PRODUCTS);
      expect(server.store.calls.put).toBe(puts);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(server.store.calls.put).toBe(puts + 1);
      expect((await tool.lists.report(LIST)).lines).toMatchObject([{ count: 100 }]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(server.store.calls.put).toBe(puts + 1);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits in memory while the store is down, and no request is the worse for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const node = oneNode();
      const { lists, store } = node;
      await lists.setMode(LIST, 'observe');
      await ask(node, '192.0.2.1', PRODUCTS);
      store.down.add('put');
      await vi.advanceTimersByTimeAsync(10_000);
      await ask(node, '192.0.2.1', PRODUCTS);
      store.down.clear();
      await vi.advanceTimersByTimeAsync(2_000);
      expect((await lists.report(LIST)).lines).toMatchObject([{ count: 2 }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not let a process that is late write an earlier observation over the present one', async () => {
    const { clock, engine } = oneNode();
    const late = observations(engine, clock);
    const present = observations(engine, clock);
    const from = address('192.0.2.1');
    late.note(LIST, 1, from, PRODUCTS);
    present.note(LIST, 2, from, PRODUCTS);
    await present.close();
    await late.close();
    expect((await engine.get('allowlist.report', LIST))?.data).toMatchObject({
      since: 2,
      lines: [{ count: 1 }],
    });
    present.note(LIST, 1, from, PRODUCTS);
    expect(present.unwritten(LIST)).toMatchObject({ since: 1 });
  });

  it('takes a record that is no report for none', async () => {
    const node = oneNode();
    await node.lists.setMode(LIST, 'observe');
    await node.engine.put('allowlist.report', LIST, 'x');
    await ask(node, '192.0.2.1', PRODUCTS);
    expect((await node.lists.report(LIST)).lines).toMatchObject([{ count: 1 }]);
  });

  it('counts for 200 lists at the most between two writings', async () => {
    const { clock, engine } = oneNode();
    const counted = observations(engine, clock);
    for (let n = 0; n < 201; n++) counted.note(`client:${n}`, 1, address('192.0.2.1'), PRODUCTS);
    expect([counted.unwritten('client:199'), counted.unwritten('client:200')]).toMatchObject([
      { since: 1 },
      null,
    ]);
    await counted.close();
  });
});
