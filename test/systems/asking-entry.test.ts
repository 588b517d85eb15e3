import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, StoreError } from '../../src/core/errors.ts';
import type { Store } from '../../src/core/store.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { type AuthNode, startAuthNode } from '../support/auth-node.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';

const nodes: AuthNode[] = [];
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** A node that nobody wakes and that hardly ever polls, and what it asks of the store. */
async function nodeOver(
  store: Store,
): Promise<{ node: AuthNode; reads: () => number; cut: (down: boolean) => void }> {
  let reads = 0;
  let isDown = false;
  const quiet = { feedPollMs: 60_000, maxStaleMs: 3_600_000 };
  const node = await startAuthNode(
    {
      ...store,
      feedWatch: async () => async () => undefined,
      async feedRead(cursor) {
        reads += 1;
        if (isDown) throw new StoreError('the feed is down');
        return store.feedRead(cursor);
      },
    },
    { b2b: quiet, bearer: quiet },
  );
  nodes.push(node);
  return {
    node,
    reads: () => reads,
    cut(down) {
      isDown = down;
    },
  };
}

describe('authenticate({ askStore: true })', () => {
  it('knows at once what another node has revoked, where another route goes by what its process knows', async () => {
    const store = memoryStore();
    const [{ node: here }, { node: there }] = [await nodeOver(store), await nodeOver(store)];
    const { access } = await here.login();
    expect((await there.get('/products', access)).status).toBe(200);
    expect((await there.get('/strict', access)).status).toBe(200);
    expect((await here.logout(access)).status).toBe(200);
    expect((await there.get('/products', access)).status).toBe(200);
    expect((await there.get('/strict', access)).status).toBe(401);
    // What it learnt holds for the other routes of the process as well.
    expect((await there.get('/products', access)).status).toBe(401);
  });

  it('answers 503 while the store is out of reach, and never 401 to a good token', async () => {
    const { node, cut } = await nodeOver(memoryStore());
    const { access } = await node.login();
    expect((await node.get('/strict', access)).status).toBe(200);
    cut(true);
    expect(await node.get('/strict', access)).toMatchObject({ status: 503, retryAfter: '1' });
    expect((await node.get('/products', access)).status).toBe(200);
    cut(false);
    expect((await node.get('/strict', access)).status).toBe(200);
  });

  it('asks nothing for a request that is refused anyway', async () => {
    const { node, reads, cut } = await nodeOver(memoryStore());
    await node.get('/products', (await node.login()).access);
    const before = reads();
    cut(true);
    expect((await node.get('/strict')).status).toBe(401);
    expect((await node.get('/strict', 'a.b.c')).status).toBe(401);
    expect(reads()).toBe(before);
  });

  it('shares a reading between requests that come together', async () => {
    const store = memoryStore();
    const { node, reads } = await nodeOver({
      ...store,
      async feedRead(cursor) {
        await pause(20);
        return store.feedRead(cursor);
      },
    });
    const { access } = await node.login();
    await node.get('/strict', access);
    const before = reads();
    const answers = await Promise.all(Array.from({ length: 200 }, () => node.get('/strict', access)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(reads() - before).toBeGreaterThan(0);
    expect(reads() - before).toBeLessThan(50);
  });

  it('is said in the description of the guard, and refuses other options', async () => {
    const directory = { findLogin: () => null, verifyPassword: () => false, findUser: () => null };
    const b2b = b2bSystem({ store: memoryStore(), directory, keys: TEST_SECRET, clientAddress: () => null });
    expect(b2b.authenticate().describe()).not.toHaveProperty('asksStore');
    expect(b2b.authenticate({ askStore: true }).describe()).toMatchObject({
      guard: 'authenticate',
      asksStore: true,
    });
    expect(() => b2b.authenticate({ askstore: true } as never)).toThrow(
      'b2b.authenticate: unknown option "askstore"; did you mean "askStore"?',
    );
    expect(() => b2b.authenticate({ askStore: 'yes' } as never)).toThrow(ConfigError);
    await b2b.close();
  });
});
