import { describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../../../src/core/errors.ts';
import { allowlists } from '../../../src/services/allowlists.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { address, MAX_STALE_SECONDS, oneNode, verdict, watchedStore } from './fixture.ts';

const LIST = 'client:1';
const INSIDE = address('203.0.113.7');
const OUTSIDE = address('198.51.100.1');

describe('allowlists.check', () => {
  describe('the networks of a list', () => {
    it.each([
      ['203.0.113.7', '203.0.113.7', null],
      ['203.0.113.7', '203.0.113.6', 'ip_denied'],
      ['203.0.113.7', '203.0.113.8', 'ip_denied'],
      ['203.0.113.0/24', '203.0.113.0', null],
      ['203.0.113.0/24', '203.0.113.255', null],
      ['203.0.113.0/24', '203.0.112.255', 'ip_denied'],
      ['203.0.113.0/24', '203.0.114.0', 'ip_denied'],
      ['203.0.113.77/24', '203.0.113.0', null],
      ['203.0.113.8/31', '203.0.113.9', null],
      ['203.0.113.8/31', '203.0.113.10', 'ip_denied'],
      ['0.0.0.0/0', '255.255.255.255', null],
      ['0.0.0.0/0', '2001:db8::1', 'ip_denied'],
      ['::/0', '2001:db8::1', null],
      ['::/0', '203.0.113.7', 'ip_denied'],
      ['2001:db8::/32', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', null],
      ['2001:db8::/32', '2001:db9::', 'ip_denied'],
      ['2001:DB8::1', '2001:db8:0:0:0:0:0:1', null],
      ['::ffff:203.0.113.0/120', '203.0.113.7', null],
      ['203.0.113.0/24', '::ffff:203.0.113.7', null],
      ['203.0.113.0/24', '::203.0.113.7', 'ip_denied'],
    ])('IP-01 IP-06 of %s say %s: %s', async (network, from, expected) => {
      const { lists } = oneNode();
      await lists.add(LIST, { network });
      expect(await verdict(lists, LIST, from)).toBe(expected);
    });
  });

  it('demands that every configured list that applies contains the address', async () => {
    const { lists } = oneNode();
    await lists.add('client:1', { network: '203.0.113.0/24' });
    await lists.add('workspace:w1', { network: '203.0.113.7' });
    const asked = ['client:1', 'workspace:w1', 'key:never-configured'];

    expect(await verdict(lists, asked, '203.0.113.7')).toBeNull();
    expect(await verdict(lists, asked, '203.0.113.8')).toBe('ip_denied');
    expect(await verdict(lists, asked.toReversed(), '203.0.113.8')).toBe('ip_denied');
    expect(await verdict(lists, 'client:1', '203.0.113.8')).toBeNull();
    expect(await verdict(lists, asked, null)).toBe('ip_unknown');
    expect(await verdict(lists, 'key:never-configured', null)).toBeNull();
    expect(await verdict(lists, [], null)).toBeNull();
  });

  it('keeps the lists of different subjects apart', async () => {
    const { lists } = oneNode();
    await lists.add('client:1', { network: '203.0.113.7' });
    const others = ['client:11', 'client:01', 'client:1 ', 'key:1', 'workspace:client:1'];
    expect(await Promise.all(others.map((other) => verdict(lists, other, '198.51.100.1')))).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('answers at once, from memory, while the list is known and the feed is fresh', async () => {
    const { lists, store } = oneNode();
    await lists.add(LIST, { network: '203.0.113.7' });
    await lists.check([LIST, 'key:none'], INSIDE);
    const before = { ...store.calls };

    expect(lists.check([LIST, 'key:none'], INSIDE)).toBeNull();
    expect(lists.check(LIST, OUTSIDE)).toMatchObject({ code: 'ip_denied', status: 403 });
    expect(lists.check(LIST, null)).toMatchObject({ code: 'ip_unknown', status: 403 });
    // Never configured is remembered as well.
    expect(lists.check('key:none', null)).toBeNull();
    expect(store.calls).toEqual(before);
  });

  it('reads a list once for all who ask at the same time', async () => {
    const { lists, store } = oneNode();
    await lists.add(LIST, { network: '203.0.113.7' });
    await lists.check('client:other', INSIDE);
    const gets = store.calls.get;

    const verdicts = await Promise.all(Array.from({ length: 50 }, async () => lists.check(LIST, INSIDE)));

    expect(new Set(verdicts)).toEqual(new Set([null]));
    expect(store.calls.get).toBe(gets + 1);
  });

  it('reads a list again after a minute, in case its last edit was never announced', async () => {
    const { lists, engine, clock, store } = oneNode();
    await lists.add(LIST, { network: '203.0.113.7' });
    expect(await verdict(lists, LIST, '203.0.113.7')).toBeNull();
    const record = await engine.get('allowlist', LIST);
    const emptied = { ...(record?.data as object), entries: [] };
    await engine.put('allowlist', LIST, emptied);

    clock.advance(59.999);
    expect(await verdict(lists, LIST, '203.0.113.7')).toBeNull();
    clock.advance(0.001);
    expect(await verdict(lists, LIST, '203.0.113.7')).toBe('ip_denied');
    const gets = store.calls.get;
    clock.advance(-3_600);
    expect(await verdict(lists, LIST, '203.0.113.7')).toBe('ip_denied');
    expect(store.calls.get).toBe(gets + 1);
  });

  describe('expiry', () => {
    it('ends an entry in the very millisecond, from memory and without reading the list again', async () => {
      const { lists, clock, store } = oneNode();
      const expiresAt = clock.now() + 3_000;
      await lists.addMany(LIST, [
        { network: '203.0.113.0/24', expiresAt },
        { network: '203.0.113.128/25', expiresAt: expiresAt + 1_000 },
        { network: '203.0.113.7' },
      ]);
      const everywhere = ['203.0.113.1', '203.0.113.200', '203.0.113.7'];
      const verdicts = (): Promise<(string | null)[]> =>
        Promise.all(everywhere.map((from) => verdict(lists, LIST, from)));
      await verdicts();
      const gets = store.calls.get;

      clock.advance(2.999);
      expect(await verdicts()).toEqual([null, null, null]);
      clock.advance(0.001);
      expect(await verdicts()).toEqual(['ip_denied', null, null]);
      clock.advance(0.999);
      expect(await verdicts()).toEqual(['ip_denied', null, null]);
      clock.advance(0.001);
      expect(await verdicts()).toEqual(['ip_denied', 'ip_denied', null]);
      clock.advance(-2);
      expect(await verdicts()).toEqual([null, null, null]);
      expect(store.calls.get).toBe(gets);
    });

    it('judges by the time after the list was read, not before', async () => {
      const { lists, clock, store } = oneNode();
      await lists.add(LIST, { network: '203.0.113.7', expiresAt: clock.now() + 1_000 });
      store.hold = async () => clock.advance(1);
      expect(await verdict(lists, LIST, '203.0.113.7')).toBe('ip_denied');
    });
  });

  describe('what is no subject', () => {
    it.each([
      ['nothing', undefined],
      ['null', null],
      ['a promise', Promise.resolve([])],
      ['an empty set', new Set()],
    ])('is not taken for no subjects at all: %s', async (_, subjects) => {
      const { lists, feed } = oneNode();
      await feed.poll();
      expect(() => lists.check(subjects as never, INSIDE)).toThrow(
        'allowlists: the subjects of a request are text or a list of texts.',
      );
    });

    it.each([
      ['an empty text', ''],
      ['no kind', ':1'],
      ['no id', 'client:'],
      ['no colon', 'client'],
      ['a kind in capitals', 'Client:1'],
      ['a list with nothing in it', [undefined]],
      ['a number in a list', [7]],
      ['more than a store can hold', `client:${'1'.repeat(249)}`],
      ['a NUL', 'client:1\0'],
      ['half a surrogate pair', 'client:\ud800'],
    ])('is refused as a mistake and lets nobody pass: %s', async (_, subjects) => {
      const { lists } = oneNode();
      await expect(async () => lists.check(subjects as never, INSIDE)).rejects.toThrow(TypeError);
    });
  });

  describe('when the store is down', () => {
    it.each([
      ['the list cannot be read', 'get'],
      ['the feed cannot be read', 'feedRead'],
    ] as const)('rejects with StoreError and neither allows nor denies: %s', async (_, method) => {
      const { lists, store } = oneNode();
      store.down.add(method);
      await expect(lists.check(LIST, INSIDE)).rejects.toThrow(StoreError);
      store.down.clear();
      expect(await lists.check(LIST, INSIDE)).toBeNull();
    });

    it('goes on from memory for as long as the feed may be stale, and not longer', async () => {
      const { lists, store, clock } = oneNode();
      await lists.add(LIST, { network: '203.0.113.7' });
      await lists.check(LIST, INSIDE);
      for (const method of ['get', 'feedRead'] as const) store.down.add(method);

      clock.advance(MAX_STALE_SECONDS);
      expect(lists.check(LIST, INSIDE)).toBeNull();
      expect(lists.check(LIST, OUTSIDE)).toMatchObject({ code: 'ip_denied' });
      clock.advance(0.001);
      await expect(lists.check(LIST, INSIDE)).rejects.toThrow(StoreError);
      await expect(lists.check(LIST, OUTSIDE)).rejects.toThrow(StoreError);
    });

    it('rejects when one of several lists cannot be read', async () => {
      const { lists, store } = oneNode();
      await lists.add(LIST, { network: '203.0.113.7' });
      await lists.check(LIST, INSIDE);
      store.down.add('get');
      await expect(lists.check([LIST, 'key:unread'], INSIDE)).rejects.toThrow(StoreError);
    });
  });

  describe('a record that is damaged', () => {
    const entry = { id: 'e', network: '203.0.113.7/32', createdAt: 0 };
    it.each([
      ['null', null],
      ['a text', 'x'],
      ['a list', []],
      ['nothing in it', {}],
      ['a truth that is a text', { configured: 'false', mode: 'enforce', entries: [] }],
      ['an unknown mode', { configured: true, mode: 'audit', entries: [entry] }],
      ['a mode that is a truth', { configured: true, mode: false, entries: [entry] }],
      [
        'switched off, with a network that is none',
        { configured: true, mode: 'off', entries: [{ ...entry, network: 'x' }] },
      ],
      [
        'an override that never ends',
        {
          configured: true,
          mode: 'enforce',
          entries: [entry],
          overrides: [{ author: 'a', reason: 'b', at: 0 }],
        },
      ],
      [
        'an override that is none',
        { configured: true, mode: 'enforce', entries: [entry], overrides: [null] },
      ],
      ['overrides that are none', { configured: true, mode: 'enforce', entries: [entry], overrides: {} }],
      [
        'an observation since a text',
        { configured: true, mode: 'observe', entries: [entry], observedSince: '0' },
      ],
      ['no entries', { configured: true, mode: 'enforce' }],
      ['unconfigured, with entries', { configured: false, mode: 'enforce', entries: [entry] }],
      ['an entry without an id', { configured: true, mode: 'enforce', entries: [{ ...entry, id: 1 }] }],
      [
        'a network that is none',
        { configured: true, mode: 'enforce', entries: [{ ...entry, network: 'x' }] },
      ],
      [
        'an expiry that is no time',
        { configured: true, mode: 'enforce', entries: [{ ...entry, expiresAt: '1' }] },
      ],
    ])('is an outage, not a list that lets everyone in: %s', async (_, data) => {
      const { lists, engine } = oneNode();
      await engine.put('allowlist', LIST, data);
      await expect(lists.check(LIST, INSIDE)).rejects.toThrow(/client:1.*damaged/);
    });
  });

  it('reads the feed on its own when it is given none, and stops when it is closed', async () => {
    const clock = movableClock();
    const store = watchedStore(memoryStore({ clock }));
    const lists = allowlists({ store, clock });
    await lists.add(LIST, { network: '203.0.113.7' });

    expect(await verdict(lists, LIST, '203.0.113.7')).toBeNull();
    expect(await verdict(lists, LIST, '203.0.113.8')).toBe('ip_denied');
    expect(store.watchers).toBe(1);
    await lists.close();
    expect(store.watchers).toBe(0);
  });

  it('leaves a feed open that it was given, since others read it too', async () => {
    const { lists, store } = oneNode();
    await lists.check(LIST, INSIDE);
    await lists.close();
    expect(store.watchers).toBe(1);
  });

  it.each([
    [undefined, /options must be an object/],
    [{}, /allowlists\.store is required/],
    [{ store: {} }, /allowlists\.store must be a store/],
    [{ store: memoryStore(), feed: {} }, /allowlists\.feed must be a feed reader/],
    [{ store: memoryStore(), feeds: 1 }, /did you mean "feed"/],
  ])('refuses the options %o', (options, sentence) => {
    expect(() => allowlists(options as never)).toThrow(ConfigError);
    expect(() => allowlists(options as never)).toThrow(sentence);
  });
});
