import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import { closeNodesAfterEach, keyService, NEW_KEY, settled } from './key-service.ts';

closeNodesAfterEach();

describe('revoke', () => {
  it('AK-06 refuses the key on the next request, and for good', async () => {
    const { keys, verify, events, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    expect(await verify(key)).toBe(`${record.id} of w1`);
    expect(await keys.revoke(record.id, { author: 'Ada' })).toBe(true);
    expect(await verify(key)).toBe('key_revoked');
    expect(events.at(-1)).toEqual({
      type: 'api_key',
      action: 'revoked',
      author: 'Ada',
      keyId: record.id,
      workspace: 'w1',
      at: clock.now(),
    });

    expect(await keys.revoke(record.id)).toBe(false);
    expect(await keys.setExpiry(record.id, null)).toBeNull();
    expect(await keys.update(record.id, { name: 'alive' })).toBeNull();
    expect(await keys.rotate(record.id)).toBeNull();
    clock.advance(1_000_000);
    expect(await verify(key)).toBe('key_revoked');
    expect(await keys.find(record.id)).toMatchObject({ revokedAt: clock.now() - 1_000_000_000 });
    expect(events.filter(({ action }) => action === 'revoked')).toHaveLength(1);
  });

  it('knows no key that does not exist', async () => {
    const { keys, events } = keyService();
    expect(await keys.revoke('AbCdEfGh')).toBe(false);
    expect(await keys.revoke('\0')).toBe(false);
    expect(events).toEqual([]);
  });

  it('reaches another process when it reads the feed', async () => {
    const { keys, anotherNode } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    expect(await other.verify(key)).toBe(`${record.id} of w1`);
    await keys.revoke(record.id);
    await other.feed.poll();
    expect(await other.verify(key)).toBe('key_revoked');
  });

  it('reaches another process that hears nothing by the time at which its knowledge is too old', async () => {
    const { keys, anotherNode, observed, clock } = keyService();
    observed.store.feedWatch = async () => async () => undefined;
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    expect(await other.verify(key)).toBe(`${record.id} of w1`);
    await keys.revoke(record.id);
    clock.advance(10);
    expect(await other.verify(key)).toBe(`${record.id} of w1`);
    clock.advance(0.001);
    expect(await other.verify(key)).toBe('key_revoked');
  });

  it('lets no reading that began before it answer after it', async () => {
    const { keys, observed, anotherNode } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    await other.feed.poll();

    // The other process has read the record as it was, and its answer is held up on its way.
    let answer: (() => void) | undefined;
    const get = observed.store.get.bind(observed.store);
    observed.store.get = (async (kind: string, id: string) => {
      const read = await get(kind, id);
      if (answer === undefined) await new Promise<void>((resolve) => (answer = resolve));
      return read;
    }) as typeof observed.store.get;
    const early = other.verify(key);
    await settled();
    await keys.revoke(record.id);
    await other.feed.poll();
    const late = other.verify(key);
    answer?.();
    expect(await Promise.all([early, late])).toEqual(['key_revoked', 'key_revoked']);
    expect(await other.verify(key)).toBe('key_revoked');
  });

  it('is in force here though it could not be announced, and is announced when it is repeated', async () => {
    const { keys, verify, observed, anotherNode } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    for (const ask of [verify, other.verify]) expect(await ask(key)).toBe(`${record.id} of w1`);
    observed.down = new Set(['feedAppend']);
    await expect(keys.revoke(record.id)).rejects.toBeInstanceOf(StoreError);
    expect(await verify(key)).toBe('key_revoked');
    await other.feed.poll();
    expect(await other.verify(key)).toBe(`${record.id} of w1`);

    observed.down = null;
    expect(await keys.revoke(record.id)).toBe(false);
    await other.feed.poll();
    expect(await other.verify(key)).toBe('key_revoked');
  });

  it('reaches a process after a minute at the latest when the revoking one died before it announced', async () => {
    const { keys, observed, anotherNode, clock } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    await other.verify(key);
    observed.down = new Set(['feedAppend']);
    await expect(keys.revoke(record.id)).rejects.toBeInstanceOf(StoreError);
    clock.advance(60);
    expect(await other.verify(key)).toBe('key_revoked');
  });
});

describe('revokeAll', () => {
  it('revokes every key of one workspace and none of another', async () => {
    const { keys, verify, anotherNode, clock } = keyService();
    const other = anotherNode();
    const made = await Promise.all(Array.from({ length: 120 }, () => keys.create(NEW_KEY)));
    const elsewhere = await keys.create({ ...NEW_KEY, workspace: 'w2' });
    await keys.revoke((made[0] as { record: { id: string } }).record.id);
    for (const { key } of made) await other.verify(key);
    clock.advance(120);

    expect(await keys.revokeAll('w1', { author: 'Ada' })).toBe(119);
    await other.feed.poll();
    const answers = await Promise.all(made.map(({ key }) => other.verify(key)));
    expect(new Set(answers)).toEqual(new Set(['key_revoked']));
    expect(await verify(elsewhere.key)).toBe(`${elsewhere.record.id} of w2`);
    expect(await keys.revokeAll('w1')).toBe(0);
    expect(await keys.revokeAll('nobody')).toBe(0);
  });
});
