import { beforeEach, describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { FeedEvent } from '../../src/core/store.ts';
import type { FeedReader } from '../../src/tokens/feed-reader.ts';
import { revocationsOf, type Revocable, type Revocations } from '../../src/tokens/revocations.ts';
import { movableClock, type MovableClock } from '../support/movable-clock.ts';
import { line } from './scripted-feed.ts';

const TOKEN: Revocable = {
  sessionId: 's1',
  generation: 3,
  owner: 'b2b:7',
  workspace: 'w1',
  authVersion: 1_000,
};

let clock: MovableClock;
let revocations: Revocations;
let feed: (...events: FeedEvent[]) => void;
let fresh: FeedReader['fresh'];

beforeEach(() => {
  clock = movableClock();
  const listeners: ((event: FeedEvent) => void)[] = [];
  fresh = () => undefined;
  const reader: FeedReader = {
    fresh: (nowMs) => fresh(nowMs),
    poll: () => Promise.resolve(),
    subscribe: (listener) => void listeners.push(listener),
    close: () => Promise.resolve(),
  };
  revocations = revocationsOf(reader, clock);
  feed = (...events) => {
    for (const event of events) for (const listener of listeners) listener(event);
  };
});

describe('revocationsOf', () => {
  it('lets a token pass, at once, that no line is about', () => {
    feed(line('sid:s2'), line('gen:s2', 9), line('acc:b2b:8', 9_999), line('ws:w2', 9_999), line('inv:x:s1'));
    expect(revocations.check(TOKEN)).toBeNull();
  });

  it.each([
    ['its session', line('sid:s1'), true],
    ['a session whose id begins like its own', line('sid:s1x'), false],
    ['earlier generations than its own', line('gen:s1', 3), false],
    ['its generation', line('gen:s1', 4), true],
    ['its owner, at its own version', line('acc:b2b:7', 1_000), true],
    ['its owner, at an earlier version', line('acc:b2b:7', 999), false],
    ['an owner of that name in another system', line('acc:jwt:7', 9_999), false],
    ['its workspace, at its own version', line('ws:w1', 1_000), true],
    ['its workspace, at an earlier version', line('ws:w1', 999), false],
    ['the session of whoever acts in it', line('act:admin'), true],
    ['the session of another who acts', line('act:admin2'), false],
    ['what its own session acts in', line('act:s1'), false],
    ['a session under the name of whoever acts in it', line('sid:admin'), false],
  ])('a line about %s', (_what, event, revoked) => {
    feed(event);
    expect(revocations.check({ ...TOKEN, actorSessionId: 'admin' })).toBe(
      revoked ? authError('token_revoked') : null,
    );
  });

  it('knows no workspace of a token without one', () => {
    feed(line('ws:w1', 9_999), line('ws:null', 9_999));
    expect(revocations.check({ ...TOKEN, workspace: null })).toBeNull();
  });

  it('lets a first token pass, of generation and version 0, while there are lines about others', () => {
    feed(line('gen:s2', 9), line('acc:b2b:8', 9), line('ws:w2', 9), line('act:admin'));
    expect(revocations.check({ ...TOKEN, generation: 0, authVersion: 0 })).toBeNull();
    expect(revocations.check({ ...TOKEN, actorSessionId: null })).toBeNull();
  });

  it('judges at the moment that it is given', () => {
    const asked: unknown[] = [];
    fresh = (nowMs) => void asked.push(nowMs);
    void revocations.check(TOKEN, 7);
    void revocations.check(TOKEN);
    expect(asked).toEqual([7, undefined]);
  });

  it('takes lines twice and out of order, and the strictest holds', () => {
    feed(line('acc:b2b:7', 2_000), line('acc:b2b:7', 500), line('gen:s1', 4), line('gen:s1', 2));
    expect(revocations.check({ ...TOKEN, authVersion: 1_500, sessionId: 's9' })).not.toBeNull();
    expect(revocations.check({ ...TOKEN, authVersion: 3_000 })).not.toBeNull();
    expect(revocations.revokedVersion('b2b:7', 'w1')).toBe(2_000);
  });

  it('tells the latest version that is revoked of owner and workspace, which a new token must pass', () => {
    expect(revocations.revokedVersion('b2b:7', null)).toBe(0);
    feed(line('acc:b2b:7', 400), line('ws:w1', 600));
    expect(revocations.revokedVersion('b2b:7', null)).toBe(400);
    expect(revocations.revokedVersion('b2b:7', 'w1')).toBe(600);
    expect(revocations.revokedVersion('b2b:8', 'w2')).toBe(0);
  });

  it.each(['__proto__:x', 'constructor:x', 'toString', ':', '', 'sid', 'unknown:s1'])(
    'passes over a line with the key %j',
    (key) => {
      feed(line(key, 9_999));
      expect(revocations.check(TOKEN)).toBeNull();
    },
  );

  it('finds ids that are names of members as well', () => {
    expect(revocations.check({ ...TOKEN, sessionId: '__proto__', owner: 'constructor' })).toBeNull();
    feed(line('sid:__proto__'));
    expect(revocations.check({ ...TOKEN, sessionId: '__proto__' })).not.toBeNull();
  });

  it('drops lines after their expiry now and then, and no live one', () => {
    const soon = clock.now() + 1_000;
    feed(line('sid:s1', 0, soon), line('sid:s2', 0, soon + 1));
    clock.advance(1);
    for (let index = 0; index < 1_000; index++) feed(line(`sid:x${index}`, 0, soon + 9_000));
    expect(revocations.check({ ...TOKEN })).toBeNull();
    expect(revocations.check({ ...TOKEN, sessionId: 's2' })).not.toBeNull();
    expect(revocations.check({ ...TOKEN, sessionId: 'x0' })).not.toBeNull();
  });

  it('looks for expired lines once for a thousand new ones, which spreads the cost', () => {
    feed(line('sid:s1', 0, clock.now() + 1_000));
    clock.advance(1);
    for (let index = 2; index <= 999; index++) feed(line(`sid:x${index}`));
    expect(revocations.check(TOKEN)).not.toBeNull();
    feed(line('sid:x1000'));
    expect(revocations.check(TOKEN)).toBeNull();
  });

  it('keeps a line that came again with a later expiry', () => {
    const soon = clock.now() + 1_000;
    feed(line('sid:s1', 0, soon), line('sid:s1', 0, soon + 60_000), line('sid:s1', 0, soon));
    clock.advance(30);
    for (let index = 0; index < 1_000; index++) feed(line(`sid:x${index}`, 0, soon + 90_000));
    expect(revocations.check(TOKEN)).not.toBeNull();
  });

  it('waits for what is known to be fresh before it judges', async () => {
    let done = (): void => undefined;
    fresh = () =>
      new Promise((resolve) => {
        done = resolve;
      });
    const judged = revocations.check(TOKEN);
    expect(judged).toBeInstanceOf(Promise);
    feed(line('sid:s1'));
    done();
    expect(await judged).toMatchObject({ code: 'token_revoked' });
  });

  it('rejects when that cannot be had', async () => {
    fresh = () => Promise.reject(new StoreError('down'));
    await expect(revocations.check(TOKEN)).rejects.toBeInstanceOf(StoreError);
  });
});
