import { describe, expect, it, vi } from 'vitest';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { BAD_REFRESH, BAD_TOKEN, expectPair, expectRefusal, type PairData } from './expectations.ts';
import { startServer, useServerProcesses, type ServerProcess, type ServerUser } from './server-process.ts';
import { databaseFile, removeStoresAfterEach } from './stores.ts';

// A process takes seconds to start on a crowded machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
useServerProcesses();
removeStoresAfterEach();

const PASSWORD = 'correct horse battery staple';

function user(clientId: number): ServerUser {
  return { login: `user${clientId}`, password: PASSWORD, id: String(clientId), clientId };
}

function start(path: string, users: readonly ServerUser[], reuseGraceSeconds = 10): Promise<ServerProcess> {
  return startServer({ path, users, keys: TEST_SECRET, options: { reuseGraceSeconds } });
}

async function login(server: ServerProcess, { login: username, password }: ServerUser): Promise<PairData> {
  return expectPair(await server.post('/auth/login', { username, password }));
}

function refresh(server: ServerProcess, token: string) {
  return server.post('/auth/refresh', { refresh_token: token });
}

describe.each([
  ['a restart', (server: ServerProcess) => server.stop()],
  ['kill -9', (server: ServerProcess) => server.kill()],
])('SE-10 %s between rotation and replay', (_how, end) => {
  it('does not revive a token that was rotated: presenting it again ends the session', async () => {
    const path = databaseFile();
    const ada = user(1);
    const before = await start(path, [ada], 0);
    const first = await login(before, ada);
    const second = expectPair(await refresh(before, first.refresh_token));
    await end(before);
    const after = await start(path, [ada], 0);
    expect((await after.products(second.access_token)).status).toBe(200);
    expectRefusal(await refresh(after, first.refresh_token), BAD_REFRESH);
    expectRefusal(await refresh(after, second.refresh_token), BAD_REFRESH);
    expectRefusal(await after.products(second.access_token), BAD_TOKEN);
    await after.stop();
  });

  it('does not shut out who never heard the answer: inside the window there is the same successor', async () => {
    const path = databaseFile();
    const ada = user(1);
    const before = await start(path, [ada], 300);
    const first = await login(before, ada);
    const second = expectPair(await refresh(before, first.refresh_token));
    await end(before);
    const after = await start(path, [ada], 300);
    expect(expectPair(await refresh(after, first.refresh_token)).refresh_token).toBe(second.refresh_token);
    expectPair(await refresh(after, second.refresh_token));
    await after.stop();
  });

  it('does not revive what was logged out', async () => {
    const path = databaseFile();
    const ada = user(1);
    const before = await start(path, [ada]);
    const pair = await login(before, ada);
    const headers = { Authorization: `Bearer ${pair.access_token}` };
    expect((await before.post('/auth/logout', undefined, headers)).status).toBe(200);
    await end(before);
    const after = await start(path, [ada]);
    expectRefusal(await after.products(pair.access_token), BAD_TOKEN);
    expectRefusal(await refresh(after, pair.refresh_token), BAD_REFRESH);
    await after.stop();
  });
});

/** What one client was told by a server that may be killed at any moment. */
interface Ledger {
  readonly user: ServerUser;
  /** The last pair that it got, unless a logout is under way that nobody answered. */
  live: PairData | null;
  /** Pairs of which it was told that they are logged out. */
  readonly ended: PairData[];
}

const ROUNDS = 5;
const CLIENTS = 4;
const ANSWERS_A_ROUND = 40;

describe('A server that is killed while it writes', () => {
  it(`loses nothing that it acknowledged, ${ROUNDS} times over`, async () => {
    const path = databaseFile();
    const users = Array.from({ length: CLIENTS }, (_, index) => user(index + 1));
    const ledgers = users.map((each): Ledger => ({ user: each, live: null, ended: [] }));
    for (let round = 0; round < ROUNDS; round++) {
      const server = await start(path, users, 300);
      for (const ledger of ledgers) await settle(server, ledger);
      await workUntilKilled(server, ledgers);
    }
    const server = await start(path, users, 300);
    for (const ledger of ledgers) await settle(server, ledger);
    expect(ledgers.every(({ ended }) => ended.length > 0)).toBe(true);
    await server.stop();
  });

  /** Checks all that a client was told before the kill, on the server that came after it. */
  async function settle(server: ServerProcess, ledger: Ledger): Promise<void> {
    const { live, ended } = ledger;
    for (const pair of ended) {
      expectRefusal(await refresh(server, pair.refresh_token), BAD_REFRESH);
      expectRefusal(await server.products(pair.access_token), BAD_TOKEN);
    }
    if (live === null) return;
    expect((await server.products(live.access_token)).status).toBe(200);
    // Whether or not the refresh that was under way got through, there is one successor, and it works.
    ledger.live = expectPair(await refresh(server, live.refresh_token));
  }

  async function workUntilKilled(server: ServerProcess, ledgers: readonly Ledger[]): Promise<void> {
    let answers = 0;
    let enough = (): void => undefined;
    const busy = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const loops = ledgers.map(async (ledger) => {
      // Only the kill ends the loop: whatever is under way then was not acknowledged.
      for (let step = 1; ; step++) {
        await work(server, ledger, step);
        answers += 1;
        if (answers >= ANSWERS_A_ROUND) enough();
      }
    });
    const ends = Promise.allSettled(loops);
    await Promise.race([busy, ends]);
    expect(answers).toBeGreaterThanOrEqual(ANSWERS_A_ROUND);
    await server.kill();
    const codes = (await ends).map((each) => String((each as PromiseRejectedResult).reason));
    for (const code of codes) expect(code).toMatch(/ECONNRESET|ECONNREFUSED|socket hang up/);
  }

  async function work(server: ServerProcess, ledger: Ledger, step: number): Promise<void> {
    const { live } = ledger;
    if (live === null) {
      ledger.live = await login(server, ledger.user);
    } else if (step % 5 === 0) {
      ledger.live = null;
      const headers = { Authorization: `Bearer ${live.access_token}` };
      const { status } = await server.post('/auth/logout', undefined, headers);
      expect(status).toBe(200);
      ledger.ended.push(live);
    } else {
      ledger.live = expectPair(await refresh(server, live.refresh_token));
    }
  }
});
