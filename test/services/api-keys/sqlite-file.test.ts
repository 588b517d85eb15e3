import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import { apiKeys, type ApiKeyFormat, type ApiKeys } from '../../../src/services/api-keys.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import { feedReader } from '../../../src/tokens/feed-reader.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { NEW_KEY, settled } from './key-service.ts';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-api-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verdict(keys: ApiKeys, key: string): Promise<string> {
  const verified = await keys.verify(key);
  return isAuthError(verified) ? verified.code : verified.principal.id;
}

describe.each<ApiKeyFormat>(['checksummed', 'prefix-secret'])('%s keys in a SQLite file', (keyFormat) => {
  it('live through rotation and revocation in two processes, and no text of them is in any file', async () => {
    const clock = movableClock();
    const path = join(folder, `${keyFormat}.db`);
    const nodes = [1, 2].map(() => {
      const store = sqliteStore({ path, clock });
      const feed = feedReader({ store, clock, pollMs: 3_600_000, maxStaleMs: 10_000 });
      return { store, feed, keys: apiKeys({ store, feed, clock, productPrefix: 'acme', keyFormat }) };
    });
    const [one, two] = nodes as [(typeof nodes)[0], (typeof nodes)[0]];
    const old = await one.keys.create(NEW_KEY);
    const { id } = old.record;
    expect(await verdict(two.keys, old.key)).toBe(id);

    const next = await one.keys.rotate(id, { overlapSeconds: 60 });
    const fresh = next?.key ?? '';
    await two.feed.poll();
    expect([await verdict(two.keys, old.key), await verdict(two.keys, fresh)]).toEqual([id, id]);
    clock.advance(60);
    expect([await verdict(two.keys, old.key), await verdict(two.keys, fresh)]).toEqual(['key_expired', id]);

    await two.keys.revoke(id);
    await one.feed.poll();
    expect([await verdict(one.keys, fresh), await verdict(two.keys, fresh)]).toEqual([
      'key_revoked',
      'key_revoked',
    ]);
    await settled();
    expect((await one.keys.usage(id))?.secrets.map(({ lastUsedAt }) => lastUsedAt)).toEqual([
      clock.now() - 60_000,
      clock.now(),
    ]);
    expect((await one.keys.list('w1')).items).toEqual([await two.keys.find(id)]);

    for (const { keys, feed, store } of nodes) {
      await keys.close();
      await feed.close();
      await store.close();
    }
    const bytes = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'latin1'));
    const secrets = [old.key, fresh].map((key) => key.slice(-30));
    expect(bytes.some((file) => file.includes(id))).toBe(true);
    expect(secrets.filter((secret) => bytes.some((file) => file.includes(secret)))).toEqual([]);
  });
});
