import { afterEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { allowlists } from '../../../src/services/allowlists.ts';
import { address, MAX_STALE_SECONDS, nodes, oneNode, verdict, type TestNode } from './fixture.ts';

const LIST = 'client:1';
const HERE = '203.0.113.7';
const THERE = '198.51.100.1';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('two processes over one store', () => {
  it('see an edit of the other as soon as they read the feed', async () => {
    const [a, b] = pair();
    expect(await verdict(b.lists, LIST, THERE)).toBeNull();

    await a.lists.add(LIST, { network: HERE });
    await b.feed.poll();
    expect(await verdict(b.lists, LIST, THERE)).toBe('ip_denied');
    expect(await verdict(b.lists, LIST, HERE)).toBeNull();

    await b.lists.remove(LIST, HERE);
    await a.feed.poll();
    expect(await verdict(a.lists, LIST, HERE)).toBe('ip_denied');

    await a.lists.clear(LIST);
    await b.feed.poll();
    expect(await verdict(b.lists, LIST, THERE)).toBeNull();
  });

  it('see it without being asked to, where the store wakes them', async () => {
    const [a, b] = pair({ wakes: true });
    await b.lists.check(LIST, address(THERE));
    await a.lists.add(LIST, { network: HERE });
    await vi.waitFor(async () => expect(await verdict(b.lists, LIST, THERE)).toBe('ip_denied'));
  });

  it('see it before they answer, once what they know is too old', async () => {
    const { clock, nodes: made } = nodes(2);
    const [a, b] = made as [TestNode, TestNode];
    await b.lists.check(LIST, address(THERE));
    await a.lists.add(LIST, { network: HERE });

    clock.advance(MAX_STALE_SECONDS);
    expect(b.lists.check(LIST, address(THERE))).toBeNull();
    clock.advance(0.001);
    expect(await verdict(b.lists, LIST, THERE)).toBe('ip_denied');
  });

  it('see an edit at once in the process that made it', async () => {
    const { lists } = oneNode();
    await lists.check(LIST, address(THERE));
    await lists.add(LIST, { network: HERE });
    expect(await verdict(lists, LIST, THERE)).toBe('ip_denied');
    await lists.clear(LIST);
    expect(await verdict(lists, LIST, THERE)).toBeNull();
  });

  it('see an edit at once in another service that shares the feed reader', async () => {
    const { lists, store, feed, clock } = oneNode();
    const other = allowlists({ store, feed, clock });
    await other.check(LIST, address(THERE));
    await lists.add(LIST, { network: HERE });
    expect(await verdict(other, LIST, THERE)).toBe('ip_denied');
  });

  it('keep lists in memory that the edit was not about', async () => {
    const [a, b] = pair();
    await b.lists.check(['client:2', LIST], address(THERE));
    const gets = b.store.calls.get;
    await a.lists.add(LIST, { network: HERE });
    await b.feed.poll();
    expect(b.lists.check('client:2', address(THERE))).toBeNull();
    await b.lists.check(['client:2', LIST], address(THERE));
    expect(b.store.calls.get).toBe(gets + 1);
  });

  it('do not read a list again for a line that the feed delivers again', async () => {
    const [a, b] = pair();
    await a.lists.add(LIST, { network: HERE });
    await b.lists.check(LIST, address(HERE));
    const gets = b.store.calls.get;
    const { events } = await b.store.feedRead(null);
    await b.store.feedAppend(events);
    await b.feed.poll();

    expect(events.map(({ key }) => key)).toEqual(['inv:allowlist:client:1']);
    expect(b.lists.check(LIST, address(THERE))).toMatchObject({ code: 'ip_denied' });
    expect(b.store.calls.get).toBe(gets);
  });
});

describe('edits at the same time', () => {
  it('all count, from several processes', async () => {
    const { nodes: made } = nodes(4);
    const networks = Array.from({ length: 40 }, (_, n) => `10.0.${n}.0/24`);
    const results = await Promise.all(
      networks.map((network, n) => (made[n % 4] as TestNode).lists.add(LIST, { network })),
    );

    expect(results.map(({ ok }) => ok)).toEqual(networks.map(() => true));
    const { entries } = await (made[0] as TestNode).lists.list(LIST);
    expect(entries.map(({ network }) => network).toSorted()).toEqual(networks.toSorted());
    expect(made.flatMap(({ events }) => events).length).toBe(40);
  });

  it('remove each entry once', async () => {
    const [a, b] = pair();
    await a.lists.addMany(LIST, [{ network: HERE }, { network: THERE }]);
    const results = await Promise.all([
      a.lists.remove(LIST, HERE),
      b.lists.remove(LIST, HERE),
      b.lists.remove(LIST, THERE),
    ]);
    expect(results.map((result) => (result.ok ? 'removed' : result.code)).toSorted()).toEqual([
      'entry_unknown',
      'removed',
      'removed',
    ]);
    expect([...a.events, ...b.events].filter(({ action }) => action === 'removed').length).toBe(2);
    expect((await a.lists.list(LIST)).entries).toEqual([]);
  });

  it('are given up with StoreError when others always come first', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const { lists, store, events } = oneNode();
    store.put = async () => {
      store.calls.put += 1;
      return null;
    };
    await expect(lists.add(LIST, { network: HERE })).rejects.toThrow(StoreError);
    expect([store.calls.put, events]).toEqual([25, []]);
  });
});

describe('an edit while a list is being read', () => {
  it('is seen by whoever waits for that reading, and by all later ones', async () => {
    const { lists, store } = oneNode();
    const { reached, release } = holdNextReading(store);
    const waiting = verdict(lists, LIST, THERE);
    await reached;
    await lists.add(LIST, { network: HERE });
    const joining = verdict(lists, LIST, THERE);
    release();

    expect(await waiting).toBe('ip_denied');
    expect(await joining).toBe('ip_denied');
    expect(lists.check(LIST, address(THERE))).toMatchObject({ code: 'ip_denied' });
  });

  it('is seen when it comes from another process by the feed', async () => {
    const [a, b] = pair();
    await a.lists.add(LIST, { network: HERE });
    const { reached, release } = holdNextReading(b.store);
    const waiting = verdict(b.lists, LIST, HERE);
    await reached;
    await a.lists.remove(LIST, HERE);
    await b.feed.poll();
    release();

    expect(await waiting).toBe('ip_denied');
    expect(b.lists.check(LIST, address(HERE))).toMatchObject({ code: 'ip_denied' });
  });

  it('is seen at the next look at the feed when that comes after the reading', async () => {
    const [a, b] = pair();
    await a.lists.add(LIST, { network: HERE });
    const { reached, release } = holdNextReading(b.store);
    const waiting = verdict(b.lists, LIST, HERE);
    await reached;
    await a.lists.remove(LIST, HERE);
    release();
    expect(await waiting).toBeNull();

    await b.feed.poll();
    expect(await verdict(b.lists, LIST, HERE)).toBe('ip_denied');
  });

  it('makes the answer an outage when it happens in each of five readings', async () => {
    const [a, b] = pair();
    let edits = 0;
    await b.lists.check('client:other', address(HERE));
    const gets = b.store.calls.get;
    b.store.hold = async () => {
      await a.lists.add(LIST, { network: `10.0.0.${edits++}` });
      await b.feed.poll();
    };
    await expect(b.lists.check(LIST, address(HERE))).rejects.toThrow(StoreError);
    expect(b.store.calls.get).toBe(gets + 5);
    b.store.hold = undefined;
    expect(await verdict(b.lists, LIST, HERE)).toBe('ip_denied');
  });
});

describe('an edit whose announcement fails', () => {
  it.each([
    ['added', (node: TestNode) => node.lists.add(LIST, { network: HERE }), THERE, 'ip_denied'],
    ['removed', (node: TestNode) => node.lists.remove(LIST, '192.0.2.1'), '192.0.2.1', 'ip_denied'],
    ['cleared', (node: TestNode) => node.lists.clear(LIST), '192.0.2.99', null],
  ] as const)(
    'is in the store and told once, and reaches the others when it is repeated: %s',
    async (...row) => {
      const [action, edit, from, expected] = row;
      const [a, b] = pair();
      await a.lists.add(LIST, { network: '192.0.2.1' });
      const before = await verdict(b.lists, LIST, from);
      await verdict(a.lists, LIST, from);
      a.events.length = 0;

      a.store.down.add('feedAppend');
      await expect(edit(a)).rejects.toThrow(StoreError);
      expect(await verdict(a.lists, LIST, from)).toBe(expected);
      expect(await verdict(b.lists, LIST, from)).toBe(before);
      a.store.down.clear();
      await edit(a);
      await b.feed.poll();

      expect(await verdict(b.lists, LIST, from)).toBe(expected);
      expect(a.events.map((event) => event.action)).toEqual([action]);
    },
  );
});

function pair(options?: { readonly wakes: boolean }): [TestNode, TestNode] {
  return nodes(2, options).nodes as [TestNode, TestNode];
}

/** Holds up the next reading of a record, after it was taken from the engine, until it is released. */
function holdNextReading(store: TestNode['store']): {
  readonly reached: Promise<void>;
  readonly release: () => void;
} {
  const { promise: reached, resolve: arrive } = deferred();
  const { promise: released, resolve: release } = deferred();
  store.hold = () => {
    store.hold = undefined;
    arrive();
    return released;
  };
  return { reached, release };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
