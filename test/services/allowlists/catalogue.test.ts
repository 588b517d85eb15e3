import { describe, expect, it, vi } from 'vitest';
import { oneNode, verdict } from './fixture.ts';

describe('allowlists.lists', () => {
  it('lists what is configured, in order, a page at a time', async () => {
    const { lists, clock } = oneNode();
    await lists.add('workspace:w1', { network: '10.0.0.1' });
    await lists.add('client:2', { network: '10.0.0.1', expiresAt: clock.now() + 1_000 }, { observe: true });
    await lists.addMany('client:1', [{ network: '10.0.0.1' }, { network: '10.0.0.2' }]);
    await lists.override('client:1', { author: 'a', reason: 'b', until: clock.now() + 60_000 });
    await lists.add('key:gone', { network: '10.0.0.1' });
    await lists.clear('key:gone');
    clock.advance(1);

    const first = await lists.lists({ limit: 2 });
    expect(first).toEqual({
      items: [
        { list: 'client:1', mode: 'enforce', live: 2, expired: 0, overriddenUntil: clock.now() + 59_000 },
        { list: 'client:2', mode: 'observe', live: 0, expired: 1, overriddenUntil: null },
      ],
      next: 'client:2',
    });
    expect(await lists.lists({ limit: 2, after: 'client:2' })).toMatchObject({
      items: [{ list: 'workspace:w1' }],
      next: null,
    });
  });

  it('takes in a list that was written without the slot, as soon as somebody reads it or is asked about', async () => {
    const { lists, engine } = oneNode();
    const entry = { id: 'e', network: '10.0.0.1/32', createdAt: 0 };
    const data = { configured: true, mode: 'enforce', entries: [entry], more: 1 };
    for (const id of ['client:read', 'client:checked', 'client:unread'])
      await engine.put('allowlist', id, data);
    await engine.put('allowlist', 'client:cleared', { configured: false, mode: 'enforce', entries: [] });
    expect((await lists.lists()).items).toEqual([]);

    await lists.list('client:read');
    await lists.list('client:cleared');
    expect(await verdict(lists, 'client:checked', '10.0.0.2')).toBe('ip_denied');
    await vi.waitFor(async () =>
      expect((await lists.lists()).items.map(({ list }) => list)).toEqual(['client:checked', 'client:read']),
    );
    expect((await engine.get('allowlist', 'client:read'))?.data).toEqual(data);
  });

  it('never fails a request because a list cannot be taken in', async () => {
    const { lists, engine, store } = oneNode();
    const entry = { id: 'e', network: '10.0.0.1/32', createdAt: 0 };
    await engine.put('allowlist', 'client:1', { configured: true, mode: 'enforce', entries: [entry] });
    store.down.add('put');
    expect(await verdict(lists, 'client:1', '10.0.0.1')).toBeNull();
    expect(await verdict(lists, 'client:1', '10.0.0.2')).toBe('ip_denied');
  });
});
