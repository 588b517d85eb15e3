import { afterEach, describe, expect, it, vi } from 'vitest';
import { closeNodesAfterEach, keyService, NEW_KEY, settled } from './key-service.ts';

afterEach(() => {
  vi.useRealTimers();
});
closeNodesAfterEach();

const USAGE = 'apikey.usage';

describe('usage', () => {
  it('says of each secret when it was last used', async () => {
    const { keys, verify, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    const next = await keys.rotate(old.record.id, { overlapSeconds: 600 });
    const start = clock.now();
    clock.advance(5);
    await verify(old.key);
    clock.advance(5);
    expect(await keys.usage(old.record.id)).toEqual({
      id: old.record.id,
      secrets: [
        {
          serial: 1,
          format: 'checksummed',
          createdAt: start,
          supersededAt: start,
          endsAt: start + 600_000,
          lastUsedAt: start + 5_000,
          lastUsedFrom: null,
        },
        {
          serial: 2,
          format: 'checksummed',
          createdAt: start,
          supersededAt: null,
          endsAt: null,
          lastUsedAt: null,
          lastUsedFrom: null,
        },
      ],
    });
    await verify(next?.key ?? '');
    expect((await keys.usage(old.record.id))?.secrets.map(({ lastUsedAt }) => lastUsedAt)).toEqual([
      start + 5_000,
      start + 10_000,
    ]);
  });

  it('knows no key that does not exist, and no use by a request that was refused', async () => {
    const { keys, verify, clock } = keyService();
    const { key, record } = await keys.create({ ...NEW_KEY, expiresAt: clock.now() + 1_000 });
    clock.advance(1);
    await verify(key);
    await verify(`${record.id}.${'0'.repeat(32)}`);
    await settled();
    expect((await keys.usage(record.id))?.secrets[0]?.lastUsedAt).toBeNull();
    expect(await keys.usage('AbCdEfGh')).toBeNull();
  });

  it('AK-06 writes the first use at once and then at most once a minute, however often the key is used', async () => {
    const { keys, verify, observed, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    const start = clock.now();
    await verify(key);
    await settled();
    expect(observed.count('put', USAGE)).toBe(1);
    for (let second = 1; second < 60; second++) {
      clock.advance(1);
      for (let n = 0; n < 20; n++) await verify(key);
    }
    await settled();
    expect(observed.count('put', USAGE)).toBe(1);
    // What is not written yet is known here all the same.
    expect((await keys.usage(record.id))?.secrets[0]?.lastUsedAt).toBe(start + 59_000);
    clock.advance(1);
    await verify(key);
    await settled();
    expect(observed.count('put', USAGE)).toBe(2);
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: start + 60_000 });
  });

  it('writes what is left by a timer, also when no request comes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { keys, verify, observed, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    await verify(key);
    await settled();
    clock.advance(30);
    await verify(key);
    const usedAt = clock.now();
    clock.advance(30);
    vi.advanceTimersByTime(60_000);
    await settled();
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: usedAt });
    expect(observed.count('put', USAGE)).toBe(2);
    // Nothing is left to write, so the timer ends with what it remembered.
    clock.advance(60);
    vi.advanceTimersByTime(60_000);
    await settled();
    expect(vi.getTimerCount()).toBe(0);
    expect(observed.count('put', USAGE)).toBe(2);
  });

  it('keeps a use that is noted while an earlier one is being written', async () => {
    const { keys, verify, observed, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    let release: (() => void) | undefined;
    observed.before = async (method) => {
      if (method === 'put') await new Promise<void>((resolve) => (release = resolve));
    };
    await verify(key);
    await settled();
    clock.advance(5);
    await verify(key);
    observed.before = null;
    release?.();
    await settled();
    await keys.close();
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: clock.now() });
  });

  it('has a timer that keeps no process alive', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { keys, verify } = keyService();
    const { key } = await keys.create(NEW_KEY);
    await verify(key);
    const started = timers.mock.calls.flatMap(([, delay], at) =>
      delay === 60_000 ? [timers.mock.results[at]?.value as NodeJS.Timeout] : [],
    );
    timers.mockRestore();
    expect(started.map((timer) => timer.hasRef())).toEqual([false]);
  });

  it('changes neither the version nor the announcement of a key', async () => {
    const { keys, verify, observed } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    const before = await observed.store.get('apikey', record.id);
    await verify(key);
    await settled();
    expect(await observed.store.get('apikey', record.id)).toEqual(before);
    expect(observed.count('feedAppend')).toBe(0);
  });

  it('keeps the latest use of all processes', async () => {
    const { keys, verify, anotherNode, observed, clock } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    await verify(key);
    await settled();
    clock.advance(30);
    await verify(key);
    clock.advance(10);
    await other.verify(key);
    await settled();
    // This one has an earlier use left to write than the one that the other has written.
    await keys.close();
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: clock.now() });
  });

  it('loses nothing when two processes write at the same time', async () => {
    const { keys, anotherNode, observed, clock } = keyService();
    const nodes = Array.from({ length: 4 }, () => anotherNode());
    const old = await keys.create(NEW_KEY);
    const next = await keys.rotate(old.record.id);
    await Promise.all(nodes.map((node, n) => node.verify(n % 2 === 0 ? old.key : (next?.key ?? ''))));
    await settled();
    expect((await observed.store.get(USAGE, old.record.id))?.data).toEqual({
      1: clock.now(),
      2: clock.now(),
    });
  });

  it('survives an outage of the store: requests go on, and the use is written afterwards', async () => {
    const { keys, verify, observed, clock, feed } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    observed.down = new Set(['put']);
    await verify(key);
    await settled();
    const tries = observed.count('put', USAGE);
    for (let n = 0; n < 100; n++) expect(await verify(key)).toBe(`${record.id} of w1`);
    await settled();
    expect(observed.count('put', USAGE)).toBe(tries);
    observed.down = null;
    clock.advance(60);
    await feed.poll();
    await verify(key);
    await settled();
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: clock.now() });
  });

  it('is written when the service is closed', async () => {
    const { keys, verify, observed, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    await verify(key);
    await settled();
    clock.advance(10);
    await verify(key);
    await keys.close();
    expect((await observed.store.get(USAGE, record.id))?.data).toEqual({ 1: clock.now() });
  });
});
