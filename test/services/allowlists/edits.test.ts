import { describe, expect, it } from 'vitest';
import type { AddResult, Added, NewEntry } from '../../../src/services/allowlists.ts';
import { oneNode, verdict } from './fixture.ts';

const LIST = 'client:1';

describe('allowlists.add', () => {
  it('keeps a network in its canonical form, with who, what, when and until when', async () => {
    const { lists, clock } = oneNode();
    const expiresAt = clock.now() + 1;
    const result = await lists.add(LIST, { network: '2001:DB8::1', label: 'VPN', author: 'ada', expiresAt });
    await lists.add(LIST, { network: '10.0.0.0/8' });

    const id = expect.stringMatching(/^[A-Za-z0-9_-]{12}$/) as string;
    const first = {
      id,
      network: '2001:db8::1/128',
      label: 'VPN',
      author: 'ada',
      createdAt: clock.now(),
      expiresAt,
    };
    expect(result).toEqual({
      ok: true,
      added: [first],
      replaced: [],
      unchanged: [],
      list: { configured: true, mode: 'enforce', entries: [first] },
      warnings: [],
    });
    expect(await lists.list(LIST)).toEqual({
      configured: true,
      mode: 'enforce',
      entries: [first, { id, network: '10.0.0.0/8', createdAt: clock.now() }],
    });
  });

  it.each([
    ['203.0.113.7/24', '203.0.113.0/24', ['host_bits_set']],
    ['203.0.113.0/24', '203.0.113.0/24', []],
    ['::ffff:203.0.113.0/120', '203.0.113.0/24', ['ipv4_mapped']],
    ['::ffff:203.0.113.7/120', '203.0.113.0/24', ['host_bits_set', 'ipv4_mapped']],
    ['10.0.0.0/8', '10.0.0.0/8', ['private_range']],
  ])('tells what it took %s for', async (network, taken, expected) => {
    const { lists } = oneNode();
    expect(await lists.add(LIST, { network })).toMatchObject({
      added: [{ network: taken }],
      warnings: expected.map((warning) => ({ line: 1, warning, network: taken })),
    });
  });

  const LONG = 'x'.repeat(101);
  it.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, 'entry_invalid', /an object with a network/],
    ['a text', '10.0.0.0/8', 'entry_invalid', /an object with a network/],
    ['no network', {}, 'network_invalid', /There is no network/],
    ['a misspelt member', { network: '10.0.0.1', expires: 5 }, 'entry_invalid', /Did you mean expiresAt\?$/],
    ['an unknown member', { network: '10.0.0.1', id: 'mine' }, 'entry_invalid', /and no other/],
    ['an octet with a zero', { network: '010.0.0.1' }, 'network_invalid', /begins with a zero/],
    ['a prefix too long', { network: '10.0.0.0/33' }, 'network_invalid', /larger than 32/],
    ['a mask', { network: '10.0.0.0/255.0.0.0' }, 'network_invalid', /not a mask/],
    ['a name', { network: 'localhost' }, 'network_invalid', /neither an IPv4 nor an IPv6/],
    ['a short mapped prefix', { network: '::ffff:10.0.0.0/8' }, 'network_invalid', /write the IPv4 network/],
    ['an empty label', { network: '10.0.0.1', label: '' }, 'label_invalid', /1 to 100 characters/],
    ['a long label', { network: '10.0.0.1', label: LONG }, 'label_invalid', /1 to 100 characters/],
    ['a label of two lines', { network: '10.0.0.1', label: 'a\nb' }, 'label_invalid', /one line/],
    [
      'an escape sequence',
      { network: '10.0.0.1', label: '\u001b[2J' },
      'label_invalid',
      /control characters/,
    ],
    [
      'a reordering character',
      { network: '10.0.0.1', label: 'a\u202eb' },
      'label_invalid',
      /control characters/,
    ],
    ['an author that is none', { network: '10.0.0.1', author: 7 }, 'author_invalid', /^The author/],
    ['an expiry that is none', { network: '10.0.0.1', expiresAt: '2027' }, 'expiry_invalid', /whole number/],
    ['an expiry of never', { network: '10.0.0.1', expiresAt: Infinity }, 'expiry_invalid', /whole number/],
    ['an expiry that passed', { network: '10.0.0.1', expiresAt: 1 }, 'expiry_invalid', /has passed already/],
  ])('refuses %s as a value, and changes nothing', async (_, entry, code, problem) => {
    const { lists, events, store } = oneNode();
    const result = await lists.add(LIST, entry as NewEntry);
    expect(result).toEqual({ ok: false, code, problem: expect.stringMatching(problem) as string });
    expect(await lists.list(LIST)).toEqual({ configured: false, mode: 'enforce', entries: [] });
    expect([events, store.calls.put]).toEqual([[], 0]);
  });

  it('refuses an entry that expires in this very millisecond', async () => {
    const { lists, clock } = oneNode();
    const result = await lists.add(LIST, { network: '10.0.0.1', expiresAt: clock.now() });
    expect(result).toMatchObject({ ok: false, code: 'expiry_invalid' });
  });

  it('changes nothing when the network is there already just so, in whatever spelling', async () => {
    const { lists, events, store } = oneNode();
    const first = (await lists.add(LIST, { network: '2001:db8::/32', label: 'x' })) as Added;
    const again = await lists.add(LIST, { network: '2001:DB8:0::/32', label: 'x', author: 'bob' });
    expect(again).toMatchObject({ ok: true, added: [], replaced: [], unchanged: first.added });
    expect([events.length, store.calls.put]).toEqual([1, 1]);
  });

  it('replaces the entry of a network that is added with another expiry, so that the last word holds', async () => {
    const { lists, clock, events } = oneNode();
    const first = (await lists.add(LIST, { network: '10.0.0.1' })) as Added;
    const second = (await lists.add(LIST, { network: '10.0.0.1', expiresAt: clock.now() + 1_000 })) as Added;

    expect(second).toMatchObject({
      added: [{ network: '10.0.0.1/32' }],
      replaced: first.added,
      unchanged: [],
    });
    expect((await lists.list(LIST)).entries).toEqual(second.added);
    expect(events.map(({ action }) => action)).toEqual(['added', 'added']);
    clock.advance(1);
    expect(await verdict(lists, LIST, '10.0.0.1')).toBe('ip_denied');
  });
});

describe('allowlists.addMany', () => {
  it('adds 10,000 entries in one step, with an event for each', async () => {
    const { lists, store, events } = oneNode();
    const entries = Array.from({ length: 10_000 }, (_, n) => ({ network: `10.${n >> 8}.${n & 255}.0/28` }));
    const result = (await lists.addMany(LIST, entries)) as Added;

    expect([result.added.length, store.calls.put, events.length]).toEqual([10_000, 1, 10_000]);
    expect(await verdict(lists, LIST, '10.39.15.15')).toBeNull();
    expect(await verdict(lists, LIST, '10.39.15.16')).toBe('ip_denied');
  });

  it('adds none of 10,000 when one of them is bad, and names its line', async () => {
    const { lists, store, events } = oneNode();
    const entries = Array.from({ length: 10_000 }, (_, n) => ({ network: `10.${n >> 8}.${n & 255}.0/28` }));
    entries[7_776] = { network: '10.0.0.0.0' };
    const result = await lists.addMany(LIST, entries);

    const problem = expect.stringMatching(/^Line 7777: It is neither/) as string;
    expect(result).toEqual({ ok: false, code: 'network_invalid', problem, line: 7_777 });
    expect(await lists.list(LIST)).toMatchObject({ configured: false, entries: [] });
    expect([store.calls.put, events]).toEqual([0, []]);
  });

  it('takes entries as if they came one after the other, and says on which line a warning is', async () => {
    const { lists, clock } = oneNode();
    const expiresAt = clock.now() + 1_000;
    const result = (await lists.addMany(LIST, [
      { network: '10.0.0.1' },
      { network: '10.0.0.1' },
      { network: '10.1.2.3/16', label: 'first' },
      { network: '10.1.0.0/16', label: 'last', expiresAt },
    ])) as AddResult & { readonly ok: true };

    expect(result.added).toMatchObject([
      { network: '10.0.0.1/32' },
      { network: '10.1.0.0/16', label: 'last', expiresAt },
    ]);
    expect([result.replaced, result.unchanged]).toEqual([[], []]);
    expect(result.warnings.map(({ line, warning, network }) => [line, warning, network])).toEqual([
      [3, 'host_bits_set', '10.1.0.0/16'],
      [2, 'private_range', '10.0.0.1/32'],
      [4, 'private_range', '10.1.0.0/16'],
    ]);
    expect((await lists.list(LIST)).entries).toEqual(result.added);
  });

  it('does not make a list configured when there is nothing to add', async () => {
    const { lists } = oneNode();
    expect(await lists.addMany(LIST, [])).toMatchObject({ ok: false, code: 'entries_missing' });
    expect(await verdict(lists, LIST, '198.51.100.1')).toBeNull();
  });

  it('refuses more than 20,000 entries in a list, counts those that have expired, and says so', async () => {
    const { lists, clock } = oneNode();
    const networks = Array.from({ length: 20_000 }, (_, n) => ({ network: `10.${n >> 8}.${n & 255}.1` }));
    await lists.addMany(LIST, [{ network: '192.0.2.1', expiresAt: clock.now() + 1 }, ...networks.slice(1)]);

    expect(await lists.add(LIST, { network: '192.0.2.2' })).toMatchObject({
      code: 'list_full',
      problem: 'A list has at most 20000 entries, and there would be more; join neighbouring networks.',
    });
    clock.advance(1);
    expect(await lists.add(LIST, { network: '192.0.2.2' })).toMatchObject({
      code: 'list_full',
      problem: 'A list has at most 20000 entries, and there would be more; remove the 1 that have expired.',
    });
    expect(await lists.remove(LIST, '192.0.2.1')).toMatchObject({ ok: true });
    expect(await lists.add(LIST, { network: '192.0.2.2' })).toMatchObject({ ok: true });
  });
});

describe('allowlists.remove', () => {
  it.each([
    ['its id', undefined],
    ['its network', '10.1.0.0/16'],
    ['its network in another spelling', '::ffff:10.1.2.3/112'],
  ])('removes an entry by %s, and leaves the others', async (_, named) => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: '10.2.0.0/16' });
    const { added } = (await lists.add(LIST, { network: '10.1.0.0/16' })) as Added;
    expect(await lists.remove(LIST, named ?? (added[0]?.id as string))).toMatchObject({
      ok: true,
      removed: added,
      list: { entries: [{ network: '10.2.0.0/16' }] },
    });
    expect(await verdict(lists, LIST, '10.1.0.1')).toBe('ip_denied');
    expect(await verdict(lists, LIST, '10.2.0.1')).toBeNull();
  });

  it.each([
    ['a network within an entry', '10.1.0.1', /no entry with this network/],
    ['a network around an entry', '10.0.0.0/8', /no entry with this network/],
    ['an unknown id', 'abcdefghijkl', /no entry with this id/],
    ['nothing', '', /no entry with this id/],
  ])('refuses %s, which names no entry', async (_, named, problem) => {
    const { lists, events } = oneNode();
    await lists.add(LIST, { network: '10.1.0.0/16' });
    expect(await lists.remove(LIST, named)).toEqual({
      ok: false,
      code: 'entry_unknown',
      problem: expect.stringMatching(problem) as string,
    });
    expect(events.length).toBe(1);
  });
});
