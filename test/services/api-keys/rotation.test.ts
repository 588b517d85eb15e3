import { describe, expect, it } from 'vitest';
import { ConfigError, isAuthError } from '../../../src/core/errors.ts';
import type { HeaderLine } from '../../../src/core/reply.ts';
import type { ApiKeys, IssuedApiKey } from '../../../src/services/api-keys.ts';
import { closeNodesAfterEach, keyService, NEW_KEY } from './key-service.ts';

closeNodesAfterEach();

const DAY = 86_400;

async function headersOf(keys: ApiKeys, key: string): Promise<readonly HeaderLine[] | undefined> {
  const verified = await keys.verify(key);
  if (isAuthError(verified)) throw new Error(verified.code);
  return verified.headers;
}

async function rotated(keys: ApiKeys, id: string, overlapSeconds?: number | null): Promise<IssuedApiKey> {
  const issued = await keys.rotate(id, { overlapSeconds });
  if (issued === null) throw new Error('there was nothing to rotate');
  return issued;
}

describe('rotate', () => {
  it('makes the new key work at once and lets the old one work to the end of the overlap', async () => {
    const { keys, verify, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    await verify(old.key);
    clock.advance(100);
    const next = await rotated(keys, old.record.id, 3_600);
    const start = clock.now();
    expect(next.record).toEqual({
      ...old.record,
      secrets: [
        {
          serial: 1,
          format: 'checksummed',
          createdAt: start - 100_000,
          supersededAt: start,
          endsAt: start + 3_600_000,
        },
        { serial: 2, format: 'checksummed', createdAt: start, supersededAt: null, endsAt: null },
      ],
    });
    expect(await keys.find(old.record.id)).toEqual(next.record);
    const who = `${old.record.id} of w1`;
    expect([await verify(old.key), await verify(next.key)]).toEqual([who, who]);
    clock.advance(3_599.999);
    expect([await verify(old.key), await verify(next.key)]).toEqual([who, who]);
    clock.advance(0.001);
    expect([await verify(old.key), await verify(next.key)]).toEqual(['key_expired', who]);
  });

  it('makes the new key work in other processes too, before they have read the feed', async () => {
    const { keys, clock, anotherNode } = keyService();
    const other = anotherNode();
    const { key, record } = await keys.create(NEW_KEY);
    await other.verify(key);
    clock.advance(1);
    const next = await rotated(keys, record.id);
    expect(await other.verify(next.key)).toBe(`${record.id} of w1`);
  });

  it('is asked about at most every quarter of a second by those who guess its secret', async () => {
    const { keys, clock, observed, verify } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    const other = keyService().keys;
    const { key: foreign } = await other.create(NEW_KEY);
    const guess = `${record.id}.${foreign.slice(-32)}`;
    await verify(key);
    const before = observed.count('get', 'apikey');
    for (let round = 0; round < 4; round++) {
      clock.advance(0.25);
      for (let count = 0; count < 50; count++) expect(await verify(guess)).toBe('key_secret_invalid');
    }
    expect(observed.count('get', 'apikey') - before).toBe(4);
  });

  it('tells the callers of the old key, and of no other, by Deprecation and Sunset', async () => {
    const { keys } = keyService();
    const old = await keys.create(NEW_KEY);
    expect(await headersOf(keys, old.key)).toBeUndefined();
    const next = await rotated(keys, old.record.id, 7 * DAY);
    expect(await headersOf(keys, old.key)).toEqual([
      ['Deprecation', '@1767225600'],
      ['Sunset', 'Thu, 08 Jan 2026 00:00:00 GMT'],
    ]);
    expect(await headersOf(keys, next.key)).toBeUndefined();
  });

  it('names no end that is not set, and the end of the key when that comes first', async () => {
    const { keys, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    await rotated(keys, old.record.id);
    expect(await headersOf(keys, old.key)).toEqual([['Deprecation', '@1767225600']]);
    await rotated(keys, old.record.id, 7 * DAY);
    await keys.setExpiry(old.record.id, clock.now() + DAY * 1000);
    expect(await headersOf(keys, old.key)).toEqual([
      ['Deprecation', '@1767225600'],
      ['Sunset', 'Fri, 02 Jan 2026 00:00:00 GMT'],
    ]);
  });

  it('rounds the end down to a second, since a header has no finer one', async () => {
    const { keys, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    clock.advance(0.999);
    await rotated(keys, old.record.id, 60);
    expect(await headersOf(keys, old.key)).toEqual([
      ['Deprecation', '@1767225600'],
      ['Sunset', 'Thu, 01 Jan 2026 00:01:00 GMT'],
    ]);
  });

  it('ends every earlier secret now when there is no overlap', async () => {
    const { keys, verify } = keyService();
    const first = await keys.create(NEW_KEY);
    const second = await rotated(keys, first.record.id);
    const third = await rotated(keys, first.record.id, 0);
    expect(await Promise.all([first, second, third].map(({ key }) => verify(key)))).toEqual([
      'key_expired',
      'key_expired',
      `${first.record.id} of w1`,
    ]);
  });

  it('gives no earlier secret a later end than it has, nor a later date of its replacement', async () => {
    const { keys, clock } = keyService();
    const first = await keys.create(NEW_KEY);
    await rotated(keys, first.record.id, 60);
    clock.advance(10);
    const third = await rotated(keys, first.record.id, 600);
    expect(third.record.secrets.map(({ endsAt }) => endsAt)).toEqual([
      clock.now() + 50_000,
      clock.now() + 600_000,
      null,
    ]);
    expect(third.record.secrets.map(({ supersededAt }) => supersededAt)).toEqual([
      clock.now() - 10_000,
      clock.now(),
      null,
    ]);
  });

  it('forgets secrets that were over before, and never uses a serial again', async () => {
    const { keys, verify, clock } = keyService();
    const first = await keys.create(NEW_KEY);
    await rotated(keys, first.record.id, 60);
    clock.advance(60);
    const third = await rotated(keys, first.record.id, 60);
    expect(third.record.secrets.map(({ serial }) => serial)).toEqual([2, 3]);
    expect(await verify(first.key)).toBe('key_secret_invalid');
  });

  it('stops when eight earlier secrets still work, and goes on when they are ended', async () => {
    const { keys, verify } = keyService();
    const first = await keys.create(NEW_KEY);
    for (let n = 0; n < 8; n++) await rotated(keys, first.record.id);
    await expect(keys.rotate(first.record.id)).rejects.toBeInstanceOf(ConfigError);
    expect(await verify(first.key)).toBe(`${first.record.id} of w1`);
    await rotated(keys, first.record.id, 0);
    expect(await verify(first.key)).toBe('key_expired');
  });

  it('turns a key into the format that is configured, under the same id', async () => {
    const { keys, verify, anotherNode } = keyService();
    const drf = anotherNode({ keyFormat: 'prefix-secret' });
    const old = await drf.keys.create(NEW_KEY);
    const ours = await rotated(keys, old.record.id, 60);
    const back = await rotated(drf.keys, old.record.id, 60);
    expect(ours.key).toContain(`acme_${old.record.id}_`);
    expect(back.key.startsWith(`${old.record.id}.`)).toBe(true);
    await anotherNode().feed.poll();
    for (const { key } of [old, ours, back]) expect(await verify(key)).toBe(`${old.record.id} of w1`);
  });

  it('does nothing for a key that is expired, revoked or unknown', async () => {
    const { keys, clock } = keyService();
    const { record } = await keys.create({ ...NEW_KEY, expiresAt: clock.now() + 1_000 });
    clock.advance(1);
    expect(await keys.rotate(record.id)).toBeNull();
    expect(await keys.rotate('AbCdEfGh')).toBeNull();
    expect(await keys.find(record.id)).toEqual(record);
  });

  it.each([-1, 1.5, '60', Number.POSITIVE_INFINITY])('refuses an overlap of %j', async (overlapSeconds) => {
    const { keys } = keyService();
    const { record } = await keys.create(NEW_KEY);
    const overlap = overlapSeconds as number;
    await expect(keys.rotate(record.id, { overlapSeconds: overlap })).rejects.toBeInstanceOf(ConfigError);
  });

  it('leaves exactly one current secret when many rotate at the same time', async () => {
    const { keys, anotherNode, verify } = keyService();
    const other = anotherNode();
    const { record } = await keys.create(NEW_KEY);
    const issued = await Promise.all(
      [keys, other.keys, keys, other.keys].map((each) => rotated(each, record.id, 60)),
    );
    const after = await keys.find(record.id);
    expect(after?.secrets.map(({ serial, supersededAt }) => [serial, supersededAt === null])).toEqual([
      [1, false],
      [2, false],
      [3, false],
      [4, false],
      [5, true],
    ]);
    for (const { key } of issued) expect(await verify(key)).toBe(`${record.id} of w1`);
  });
});

describe('finishRotation', () => {
  it('says that the old key is in use, since when, and from when on it could be ended', async () => {
    const { keys, verify, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    const next = await rotated(keys, old.record.id);
    clock.advance(DAY);
    await verify(old.key);
    await verify(next.key);
    const usedAt = clock.now();
    clock.advance(6 * DAY);
    expect(await keys.finishRotation(old.record.id, { quietDays: 7 })).toEqual({
      outcome: 'in_use',
      lastUsedAt: usedAt,
      quietAt: usedAt + 7 * DAY * 1000,
      record: next.record,
    });
    expect(await verify(old.key)).toBe(`${old.record.id} of w1`);
  });

  it('ends the old key once it has been quiet for so long, and the new one goes on', async () => {
    const { keys, verify, clock, events } = keyService();
    const old = await keys.create(NEW_KEY);
    await verify(old.key);
    const next = await rotated(keys, old.record.id);
    clock.advance(7 * DAY - 0.001);
    await verify(next.key);
    expect(await keys.finishRotation(old.record.id, { quietDays: 7 })).toMatchObject({ outcome: 'in_use' });
    clock.advance(0.001);
    const finished = await keys.finishRotation(old.record.id, { quietDays: 7, author: 'Ada' });
    expect(finished).toMatchObject({
      outcome: 'retired',
      record: {
        secrets: [
          { serial: 1, endsAt: clock.now() },
          { serial: 2, endsAt: null },
        ],
      },
    });
    expect(await verify(old.key)).toBe('key_expired');
    expect(await verify(next.key)).toBe(`${old.record.id} of w1`);
    expect(events.at(-1)).toMatchObject({ action: 'retired', author: 'Ada' });
    expect(await keys.finishRotation(old.record.id, { quietDays: 7 })).toMatchObject({
      outcome: 'nothing_to_retire',
    });
  });

  it('counts a key that was never used from when it was made', async () => {
    const { keys, clock } = keyService();
    const old = await keys.create(NEW_KEY);
    clock.advance(3 * DAY);
    await rotated(keys, old.record.id);
    expect(await keys.finishRotation(old.record.id, { quietDays: 4 })).toMatchObject({ outcome: 'in_use' });
    expect(await keys.finishRotation(old.record.id, { quietDays: 3 })).toMatchObject({ outcome: 'retired' });
  });

  it('ends those that are quiet and names the last use of the others', async () => {
    const { keys, verify, clock } = keyService();
    const first = await keys.create(NEW_KEY);
    const second = await rotated(keys, first.record.id);
    await rotated(keys, first.record.id);
    clock.advance(2 * DAY);
    await verify(second.key);
    expect(await keys.finishRotation(first.record.id, { quietDays: 2 })).toMatchObject({
      outcome: 'in_use',
      lastUsedAt: clock.now(),
      record: { secrets: [{ endsAt: clock.now() }, { endsAt: null }, { endsAt: null }] },
    });
    expect(await verify(first.key)).toBe('key_expired');
    expect(await verify(second.key)).toBe(`${first.record.id} of w1`);
  });

  it('never ends the current secret, however quiet it is', async () => {
    const { keys, verify, clock } = keyService();
    const { key, record } = await keys.create(NEW_KEY);
    clock.advance(1_000 * DAY);
    expect(await keys.finishRotation(record.id, { quietDays: 1 })).toMatchObject({
      outcome: 'nothing_to_retire',
    });
    expect(await verify(key)).toBe(`${record.id} of w1`);
  });

  it('needs a number of days, and a key', async () => {
    const { keys } = keyService();
    await expect(keys.finishRotation('AbCdEfGh', { quietDays: 0 })).rejects.toBeInstanceOf(ConfigError);
    expect(await keys.finishRotation('AbCdEfGh', { quietDays: 1 })).toBeNull();
  });
});
