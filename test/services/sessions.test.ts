import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/core/errors.ts';
import type { SessionEvent } from '../../src/core/events.ts';
import type { Store } from '../../src/core/store.ts';
import { sessionsOf, type SessionsOptions } from '../../src/services/sessions.ts';
import type { Sessions } from '../../src/services/sessions/contract.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import type { FeedReader } from '../../src/tokens/feed-reader.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';

const LIFETIMES = { accessSeconds: 60, refreshSeconds: 600, absoluteSeconds: 3_600, reuseGraceSeconds: 10 };
const WHY = { reason: 'a test' };
const DATA = { userId: 'u', device: null, address: null, actor: null };

let clock: MovableClock;
let store: Store;
let polls: number;
let pollError: Error | null;
let events: SessionEvent[];
let sessions: Sessions;

beforeEach(() => {
  clock = movableClock();
  store = memoryStore({ clock });
  polls = 0;
  pollError = null;
  events = [];
  sessions = build();
});

function build(changes: Partial<SessionsOptions> = {}): Sessions {
  const feed: FeedReader = {
    fresh: () => undefined,
    poll() {
      polls += 1;
      return pollError === null ? Promise.resolve() : Promise.reject(pollError);
    },
    subscribe: () => undefined,
    close: () => Promise.resolve(),
  };
  return sessionsOf({
    store,
    feed,
    system: 'b2b',
    lifetimes: LIFETIMES,
    clock,
    onEvent: (event) => events.push(event),
    ...changes,
  });
}

function told(): readonly (readonly [string, string | null])[] {
  return events.map(({ action, sessionId }) => [action, sessionId]);
}

async function feedKeys(): Promise<readonly string[]> {
  return (await store.feedRead(null)).events.map(({ key }) => key);
}

describe('start', () => {
  it('makes a family of the owner in this system, with the lifetimes that are configured', async () => {
    const family = await sessions.start('7', DATA);
    expect(family).toMatchObject({
      owner: 'b2b:7',
      generation: 1,
      parent: null,
      data: DATA,
      createdAt: clock.now(),
      expiresAt: clock.now() + 600_000,
      absoluteAt: clock.now() + 3_600_000,
    });
    expect(sessions.ownerKey('7')).toBe('b2b:7');
    expect(events).toEqual([
      {
        type: 'session',
        action: 'started',
        system: 'b2b',
        owner: '7',
        sessionId: family.id,
        actor: null,
        reason: null,
        at: clock.now(),
      },
    ]);
  });

  it('SE-01 gives each session an id of 128 random bits', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await sessions.start('7', DATA)).id),
    );
    expect(new Set(ids).size).toBe(20);
    for (const id of ids) expect(Buffer.from(id, 'base64url')).toHaveLength(16);
  });

  it('knows no absolute end where none is configured, and the earlier of two where a session has its own', async () => {
    const endless = build({ lifetimes: { ...LIFETIMES, absoluteSeconds: null } });
    expect((await endless.start('7', DATA)).absoluteAt).toBeNull();
    expect((await endless.start('7', DATA, { maxSeconds: 5 })).absoluteAt).toBe(clock.now() + 5_000);
    expect((await sessions.start('7', DATA, { maxSeconds: 9_000 })).absoluteAt).toBe(clock.now() + 3_600_000);
  });

  it('writes the handles that it is given with the session', async () => {
    const family = await sessions.start('7', DATA, { handlesOf: (id) => [`handle of ${id}`] });
    expect(await store.familyByHandle(`handle of ${family.id}`)).toMatchObject({ generation: 1 });
  });

  it('makes nothing before it is ready', async () => {
    const unready = build({ ready: () => Promise.reject(new StoreError('no key')) });
    await expect(unready.start('7', DATA)).rejects.toBeInstanceOf(StoreError);
    expect(await sessions.list('7')).toEqual([]);
    expect(events).toEqual([]);
  });
});

describe('rotate', () => {
  it('issues the next generation, and the same again inside the window', async () => {
    const { id } = await sessions.start('7', DATA);
    clock.advance(60);
    const first = await sessions.rotate(id, 1);
    expect(first).toMatchObject({ repeated: false, family: { generation: 2, rotatedAt: clock.now() } });
    clock.advance(9);
    expect(await sessions.rotate(id, 1)).toEqual(Object.assign(first, { repeated: true }));
    expect(told()).toEqual([
      ['started', id],
      ['refreshed', id],
      ['repeated', id],
    ]);
    expect(polls).toBe(0);
  });

  it('SE-05 refuses a reuse outside the window, ends the session in the same step and knows it at once', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.rotate(id, 1);
    clock.advance(10);
    expect(await sessions.rotate(id, 1, { graceMs: undefined })).toMatchObject({ code: 'token_reused' });
    expect(await sessions.find(id)).toBeNull();
    expect(await feedKeys()).toEqual([`sid:${id}`]);
    expect(polls).toBe(1);
    expect(await sessions.rotate(id, 1)).toMatchObject({ code: 'token_revoked' });
    expect(await sessions.rotate(id, 2)).toMatchObject({ code: 'token_revoked' });
    expect(told().slice(2)).toEqual([['reuse_detected', id]]);
  });

  it('tells of a reuse even when the feed cannot be read afterwards', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.rotate(id, 1);
    clock.advance(10);
    pollError = new StoreError('down');
    await expect(sessions.rotate(id, 1)).rejects.toBe(pollError);
    expect(told().slice(2)).toEqual([['reuse_detected', id]]);
  });

  it.each([
    ['a session that never was', 'nobody', 1],
    ['generation 0', null, 0],
    ['a generation that is no integer', null, 1.5],
  ])('refuses %s as gone, without an event', async (_case, other, generation) => {
    const { id } = await sessions.start('7', DATA);
    expect(await sessions.rotate(other ?? id, generation)).toMatchObject({ code: 'token_revoked' });
    expect(told()).toEqual([['started', id]]);
    expect(await sessions.find(id)).not.toBeNull();
  });

  it('SE-11 SE-12 refuses after the idle end, and after the absolute end however often it was refreshed', async () => {
    const idle = await sessions.start('7', DATA);
    clock.advance(600);
    expect(await sessions.rotate(idle.id, 1)).toMatchObject({ code: 'token_revoked' });
    const busy = await sessions.start('7', DATA);
    for (let generation = 1; generation <= 7; generation++) {
      clock.advance(500);
      expect(await sessions.rotate(busy.id, generation)).toMatchObject({ repeated: false });
    }
    clock.advance(100);
    expect(await sessions.rotate(busy.id, 8)).toMatchObject({ code: 'token_revoked' });
  });

  it('feeds and learns the end of earlier access tokens where that is wanted', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.rotate(id, 1, { feedGeneration: true });
    expect(await feedKeys()).toEqual([`gen:${id}`]);
    expect(polls).toBe(1);
  });

  it('uses nothing up before it is ready', async () => {
    const { id } = await sessions.start('7', DATA);
    const unready = build({ ready: () => Promise.reject(new StoreError('no key')) });
    await expect(unready.rotate(id, 1)).rejects.toBeInstanceOf(StoreError);
    expect(await sessions.rotate(id, 1)).toMatchObject({ repeated: false });
  });
});

describe('revoke', () => {
  it('SE-13 ends one session, once, feeds it and knows it at once', async () => {
    const [one, other] = [await sessions.start('7', DATA), await sessions.start('7', DATA)];
    expect(await sessions.revoke(one.id, WHY)).toBe(true);
    expect(polls).toBe(1);
    expect(await sessions.revoke(one.id, WHY)).toBe(false);
    expect(await sessions.revoke('nobody', WHY)).toBe(false);
    expect(await feedKeys()).toEqual([`sid:${one.id}`]);
    expect((await sessions.list('7')).map(({ id }) => id)).toEqual([other.id]);
    expect(events.slice(2)).toMatchObject([
      { action: 'revoked', sessionId: one.id, owner: '7', reason: 'a test' },
    ]);
  });

  it('feeds the end for as long as an access token lives, and a minute for clocks that are apart', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.revoke(id, WHY);
    const { events: lines } = await store.feedRead(null);
    expect(lines).toEqual([{ key: `sid:${id}`, value: 0, expiresAt: clock.now() + 120_000 }]);
  });

  it('tells of it even when the feed cannot be read afterwards', async () => {
    const { id } = await sessions.start('7', DATA);
    pollError = new StoreError('down');
    await expect(sessions.revoke(id, WHY)).rejects.toBe(pollError);
    expect(told().at(-1)).toEqual(['revoked', id]);
  });
});

describe('revokeAll', () => {
  it('AU-15 ends all sessions of the owner, and of nobody else', async () => {
    const other = await sessions.start('77', DATA);
    await sessions.start('7', DATA);
    await sessions.start('7', DATA);
    expect(await sessions.revokeAll('7', WHY)).toBe(2);
    expect(polls).toBe(1);
    expect(await sessions.list('7')).toEqual([]);
    expect(await sessions.find(other.id)).not.toBeNull();
    expect(await sessions.revokeAll('7', WHY)).toBe(0);
    expect(events.at(-1)).toMatchObject({
      action: 'owner_revoked',
      owner: '7',
      sessionId: null,
      reason: 'a test',
    });
  });

  it('spares the one session that it is told to', async () => {
    const spared = await sessions.start('7', DATA);
    await sessions.start('7', DATA);
    expect(await sessions.revokeAll('7', { ...WHY, except: spared.id })).toBe(1);
    expect((await sessions.list('7')).map(({ id }) => id)).toEqual([spared.id]);
  });
});

describe('retire', () => {
  it('ends the refresh tokens alone: the session is found no more, and its access tokens are not fed as dead', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.rotate(id, 1);
    expect(await sessions.retire(id, WHY)).toBe(true);
    expect(await sessions.find(id)).toBeNull();
    expect(await sessions.list('7')).toEqual([]);
    for (const generation of [1, 2]) {
      expect(await sessions.rotate(id, generation)).toMatchObject({ code: 'token_revoked' });
    }
    expect(await feedKeys()).not.toContain(`sid:${id}`);
    expect(told().slice(2)).toEqual([['revoked', id]]);
    expect(await sessions.retire(id, WHY)).toBe(false);
  });

  it('leaves the access tokens to what ends everything', async () => {
    const { id } = await sessions.start('7', DATA);
    await sessions.retire(id, WHY);
    expect(await sessions.revokeAll('7', WHY)).toBe(1);
    expect(await feedKeys()).toContain(`sid:${id}`);
  });

  it('SE-09 is not undone by a refresh that comes in between, and takes it for no theft', async () => {
    const { id } = await sessions.start('7', DATA);
    let interfering = 3;
    const racing: Store = {
      ...store,
      async familyGet(sessionId) {
        const family = await store.familyGet(sessionId);
        if (family !== null && interfering-- > 0) await sessions.rotate(id, family.generation);
        return family;
      },
    };
    expect(await build({ store: racing }).retire(id, WHY)).toBe(true);
    expect(await sessions.find(id)).toBeNull();
    for (const generation of [1, 2, 3, 4]) {
      expect(await sessions.rotate(id, generation)).toMatchObject({ code: 'token_revoked' });
    }
    expect(told().map(([action]) => action)).not.toContain('reuse_detected');
  });
});

describe('sessions of two systems in one store', () => {
  it('know nothing of each other and end nothing of each other', async () => {
    const foreign = build({ system: 'jwt_pair' });
    const { id } = await sessions.start('7', DATA);
    expect(await foreign.find(id)).toBeNull();
    expect(await foreign.list('7')).toEqual([]);
    expect(await foreign.revoke(id, WHY)).toBe(false);
    expect(await foreign.retire(id, WHY)).toBe(false);
    expect(await foreign.revokeAll('7', WHY)).toBe(0);
    expect(await sessions.find(id)).not.toBeNull();
  });
});
