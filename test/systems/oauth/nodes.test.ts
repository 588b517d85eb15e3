import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { databaseFile, openDatabase, removeStoresAfterEach } from '../b2b/stores.ts';
import { testDirectory } from './directory.ts';
import { expectRefusal, expectTokens, INVALID_CLIENT, INVALID_GRANT, INVALID_TOKEN } from './expectations.ts';
import { startStage, stopStagesAfterEach, type Stage } from './stage.ts';

removeStoresAfterEach();
stopStagesAfterEach();

// The polls of the feed come when a test says so.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const ISSUER = 'https://api.example.com';

/** Lets every node read the feed as it does each second. */
async function readFeeds(clock: MovableClock): Promise<void> {
  clock.advance(1);
  await vi.advanceTimersByTimeAsync(1_000);
}

describe.each(['memory', 'sqlite'])('Nodes of one OAuth server over one %s store', (kind) => {
  async function twoNodes(): Promise<{ a: Stage; b: Stage; clock: MovableClock }> {
    const clock = movableClock();
    const directory = testDirectory();
    const path = databaseFile();
    const memory = memoryStore({ clock });
    const open = (): Store => ({
      ...(kind === 'memory' ? memory : openDatabase(path, clock)),
      // Nobody is woken, as in another process.
      feedWatch: () => Promise.resolve(() => Promise.resolve()),
    });
    const parts = { clock, directory, issuer: ISSUER };
    return {
      a: await startStage(undefined, { ...parts, store: open() }),
      b: await startStage(undefined, { ...parts, store: open() }),
      clock,
    };
  }

  it('OS-07 a code is redeemed once on all of them', async () => {
    const { a, b, clock } = await twoNodes();
    const code = await a.code(a.app);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? a : b).redeem(a.app, code)),
    );
    const [winner, ...others] = answers.toSorted((one, other) => one.status - other.status);
    const { access, refresh } = expectTokens(winner as (typeof answers)[number]);
    for (const answer of others) expectRefusal(answer, INVALID_GRANT);
    await readFeeds(clock);
    for (const node of [a, b]) expectRefusal(await node.me(access), INVALID_TOKEN);
    expectRefusal(await b.refresh(a.app, refresh), INVALID_GRANT);
  });

  it('OS-10 of refreshes on all of them there is one successor', async () => {
    const { a, b } = await twoNodes();
    const { refresh } = await a.grant();
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? a : b).refresh(a.app, refresh)),
    );
    const successors = answers.map((answer) => expectTokens(answer).refresh);
    expect(new Set(successors).size).toBe(1);
    expectTokens(await b.refresh(a.app, successors[0]));
  });

  it('what one revokes, withdraws or disables the others refuse when they have read the feed', async () => {
    const { a, b, clock } = await twoNodes();
    const revoked = await a.grant(a.app);
    const withdrawn = await a.grant(a.other);
    const disabled = await a.grant(a.native);
    for (const { access } of [revoked, withdrawn, disabled]) expect((await b.me(access)).status).toBe(200);
    await a.post('/v1/oauth/revoke', { ...a.app.credentials, token: revoked.access });
    await a.system.consents.withdraw('1', a.other.id);
    await a.system.clients.disable(a.native.id);
    await readFeeds(clock);
    for (const { access } of [revoked, withdrawn, disabled]) {
      expectRefusal(await b.me(access), INVALID_TOKEN);
    }
    expectRefusal(await b.refresh(a.other, withdrawn.refresh), INVALID_GRANT);
    expectRefusal(await b.refresh(a.native, disabled.refresh), INVALID_CLIENT);
    expectTokens(await b.refresh(a.app, revoked.refresh));
  });

  it('a device that begins on one and polls on the other gets its tokens', async () => {
    const { a, b } = await twoNodes();
    const { deviceCode, userCode } = await a.device(a.native);
    expect((await b.poll(a.native, deviceCode)).json()).toMatchObject({ error: 'authorization_pending' });
    expect((await a.poll(a.native, deviceCode)).json()).toMatchObject({ error: 'slow_down' });
    await b.enter(userCode, 'approve');
    const { access } = expectTokens(await a.poll(a.native, deviceCode));
    expect((await b.me(access)).status).toBe(200);
  });
});
