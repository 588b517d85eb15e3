import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { allowlists } from '../../../src/services/allowlists.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import { feedReader } from '../../../src/tokens/feed-reader.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { verdict } from './fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-allowlists-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('keeps lists in one SQLite file for two connections, and after a restart', async () => {
  const path = join(folder, 'lists.db');
  const clock = movableClock();
  const open = () => {
    const store = sqliteStore({ path, clock });
    const feed = feedReader({ store, clock, pollMs: 60_000, maxStaleMs: 5_000 });
    return { store, feed, lists: allowlists({ store, feed, clock }) };
  };
  const [a, b] = [open(), open()];
  expect(await verdict(b.lists, 'client:1', '203.0.113.7')).toBeNull();

  const networks = Array.from({ length: 10 }, (_, n) => `10.${n}.0.0/16`);
  await Promise.all(networks.map((network, n) => (n % 2 === 0 ? a : b).lists.add('client:1', { network })));
  await a.lists.add('client:1', { network: '192.0.2.1', label: 'B\u00fcro', expiresAt: clock.now() + 1_000 });
  await b.feed.poll();
  expect(await verdict(b.lists, 'client:1', '203.0.113.7')).toBe('ip_denied');
  expect(await verdict(b.lists, 'client:1', '192.0.2.1')).toBeNull();
  for (const { store, feed } of [a, b]) {
    await feed.close();
    await store.close();
  }

  const c = open();
  const { entries } = await c.lists.list('client:1');
  expect(entries.map(({ network }) => network).toSorted()).toEqual([...networks, '192.0.2.1/32'].toSorted());
  expect(entries.at(-1)).toMatchObject({ label: 'B\u00fcro', expiresAt: clock.now() + 1_000 });
  clock.advance(1);
  expect(await verdict(c.lists, 'client:1', '192.0.2.1')).toBe('ip_denied');
  await c.feed.close();
  await c.store.close();
});
