import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { testDirectory } from './directory.ts';
import { BAD_ADDRESS, BAD_REFRESH, expectPair, expectRefusal, OUT } from './expectations.ts';
import { NODE_HOST } from './hosts.ts';
import { expectAccess, MONDAY_SECONDS, startStage, stopStagesAfterEach, type Stage } from './stage.ts';
import { databaseFile, openDatabase, removeStoresAfterEach } from './stores.ts';

removeStoresAfterEach();
stopStagesAfterEach();

// The polls of the feed come when a test says so.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const POLL_MS = 1_000;

interface Node {
  readonly stage: Stage;
  /** Whether this node's reading of the feed fails. */
  feedIsDown: boolean;
}

/** A node whose store wakes nobody, as that of another process does not. */
async function startNode(store: Store, clock: MovableClock, directory = testDirectory()): Promise<Node> {
  const node = { feedIsDown: false };
  const stage = await startStage(NODE_HOST, {
    clock,
    directory,
    store: {
      ...store,
      feedWatch: () => Promise.resolve(() => Promise.resolve()),
      feedRead: (cursor) =>
        node.feedIsDown ? Promise.reject(new StoreError('the feed is down')) : store.feedRead(cursor),
    },
  });
  return Object.assign(node, { stage });
}

describe.each(['memory', 'sqlite'])('Nodes over one %s store', (kind) => {
  async function twoNodes(): Promise<{ a: Node; b: Node; clock: MovableClock }> {
    const clock = movableClock(MONDAY_SECONDS);
    const directory = testDirectory();
    const path = databaseFile();
    const memory = memoryStore({ clock });
    const open = (): Store => (kind === 'memory' ? memory : openDatabase(path, clock));
    return {
      a: await startNode(open(), clock, directory),
      b: await startNode(open(), clock, directory),
      clock,
    };
  }

  it('SE-13 a logout on one is known to the other with its next poll of the feed', async () => {
    const { a, b } = await twoNodes();
    const { access_token: access, refresh_token: refresh } = await a.stage.login();
    await expectAccess(b.stage, access, 'works');
    await a.stage.logout(access);
    await expectAccess(a.stage, access, 'dead');
    // The refresh token is in the store and so dead everywhere at once.
    expectRefusal(await b.stage.refresh(refresh), BAD_REFRESH);
    await expectAccess(b.stage, access, 'works');
    vi.advanceTimersByTime(POLL_MS);
    await expectAccess(b.stage, access, 'dead');
  });

  it('a node that starts after the logout knows of it with its first request', async () => {
    const { a, b } = await twoNodes();
    const { access_token: access } = await a.stage.login();
    await a.stage.logout(access);
    await expectAccess(b.stage, access, 'dead');
  });

  it('a theft that one finds ends the session on the other', async () => {
    const { a, b, clock } = await twoNodes();
    const { refresh_token: refresh } = await a.stage.login();
    const { access_token: access } = expectPair(await b.stage.refresh(refresh));
    await expectAccess(b.stage, access, 'works');
    clock.advance(10);
    expectRefusal(await a.stage.refresh(refresh), BAD_REFRESH);
    vi.advanceTimersByTime(POLL_MS);
    await expectAccess(b.stage, access, 'dead');
  });

  it('an edit of an allow-list on one is in force on the other with its next poll', async () => {
    const { a, b } = await twoNodes();
    const { access_token: access } = await a.stage.login();
    await expectAccess(b.stage, access, 'works');
    await a.stage.b2b.allowlists.add('client:123456', { network: '192.0.2.1' });
    vi.advanceTimersByTime(POLL_MS);
    expectRefusal(await b.stage.products(access), BAD_ADDRESS);
  });

  it('a node that cannot read the feed goes by what it knows, and beyond maxStaleMs refuses with 503', async () => {
    const { a, b, clock } = await twoNodes();
    const { access_token: access } = await a.stage.login();
    await expectAccess(b.stage, access, 'works');
    b.feedIsDown = true;
    await a.stage.logout(access);
    clock.advance(10);
    vi.advanceTimersByTime(10 * POLL_MS);
    await expectAccess(b.stage, access, 'works');
    clock.advance(0.001);
    expectRefusal(await b.stage.products(access), OUT);
    b.feedIsDown = false;
    await expectAccess(b.stage, access, 'dead');
  });

  it('a node whose clock jumps ahead, or back, asks the feed before it trusts what it knows', async () => {
    const { a, b, clock } = await twoNodes();
    const { access_token: access } = await a.stage.login();
    await expectAccess(b.stage, access, 'works');
    await a.stage.logout(access);
    clock.advance(-0.5);
    await expectAccess(b.stage, access, 'dead');
    const { access_token: next } = await a.stage.login();
    await expectAccess(b.stage, next, 'works');
    await a.stage.logout(next);
    clock.advance(600);
    await expectAccess(b.stage, next, 'dead');
  });
});

describe('Nodes in one process', () => {
  it('wake each other, without any poll', async () => {
    const clock = movableClock(MONDAY_SECONDS);
    const [store, directory] = [memoryStore({ clock }), testDirectory()];
    const a = await startStage(NODE_HOST, { store, clock, directory });
    const b = await startStage(NODE_HOST, { store, clock, directory });
    const { access_token: access } = await a.login();
    await expectAccess(b, access, 'works');
    await a.logout(access);
    await expectAccess(b, access, 'dead');
  });

  it('one that is closed wakes nobody and leaves the store and the other open', async () => {
    const clock = movableClock(MONDAY_SECONDS);
    const [store, directory] = [memoryStore({ clock }), testDirectory()];
    const a = await startStage(NODE_HOST, { store, clock, directory });
    const b = await startStage(NODE_HOST, { store, clock, directory });
    const { access_token: access } = await b.login();
    await expectAccess(a, access, 'works');
    expect(vi.getTimerCount()).toBe(2);
    await a.b2b.close();
    await a.b2b.close();
    expect(vi.getTimerCount()).toBe(1);
    await expectAccess(a, access, 'works');
    await expectAccess(b, access, 'works');
    expect(vi.getTimerCount()).toBe(1);
    await b.logout(access);
    await expectAccess(b, access, 'dead');
  });
});
