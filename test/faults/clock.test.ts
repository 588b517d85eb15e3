import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryStore } from '../../src/stores/memory.ts';
import { inTime, Overdue } from '../../src/stores/deadline.ts';
import { type AuthNode, startAuthNode } from '../support/auth-node.ts';
import { type AuthProcess, type AuthProcesses, authProcesses } from '../support/auth-processes.ts';
import { movableClock } from '../support/movable-clock.ts';
import { ENGINES } from './engines.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HOUR = 3_600;
const DAY = 24 * HOUR;

describe('Clocks', () => {
  let processes: AuthProcesses;
  let folder: string;
  const nodes: AuthNode[] = [];

  beforeAll(() => {
    processes = authProcesses();
    folder = mkdtempSync(join(tmpdir(), 'portcullis-clock-'));
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const node of nodes.splice(0)) await node.stop();
  });
  afterAll(async () => {
    await processes.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process whose clock is off by so many seconds. */
  function off(
    seconds: number,
    name: string,
    store = { kind: 'SQLite', url: join(folder, `${name}.db`) },
  ): Promise<AuthProcess> {
    const shift = `const now = Date.now; Date.now = () => now() + ${seconds * 1_000}`;
    return processes.start({
      store,
      nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(shift)}`],
    });
  }

  it.each([
    ['an hour ahead takes an access token for expired, and refreshes', HOUR, 401, 200],
    ['31 days ahead takes both for expired', 31 * DAY, 401, 401],
    ['a minute behind, less two seconds, takes both for good', -58, 200, 200],
    ['more than a minute behind takes both for tokens from the future', -65, 401, 401],
    ['an hour behind takes both for tokens from the future', -HOUR, 401, 401],
  ])('F16 a process that is %s', async (what, seconds, access, refresh) => {
    const name = what.replaceAll(/\W/g, '-');
    const [right, wrong] = [await off(0, name), await off(seconds, name)];
    const pair = await right.login();
    expect((await wrong.get('/products', pair.access)).status).toBe(access);
    const refreshed = await wrong.refresh(pair.refresh);
    expect(refreshed.status).toBe(refresh);
    // Whatever a wrong clock makes of a token, the session goes on: with the token of before, or with its successor.
    const [where, token] =
      refreshed.pair === null ? [right, pair.refresh] : ([wrong, refreshed.pair.refresh] as const);
    expect((await where.refresh(token)).status).toBe(200);
    expect([right.output(), wrong.output()]).toEqual(['', '']);
  });

  for (const kind of ENGINES) {
    const { name, isMissing } = kind;
    it.skipIf(isMissing)(
      `F16 that are apart make no theft of a repeat, since ${name} judges by its own`,
      async () => {
        const engine = await kind.start();
        const store = { kind: name, url: engine.url };
        const [right, behind] = [await off(0, name, store), await off(-50, name, store)];
        const pair = await right.login();
        const first = await behind.refresh(pair.refresh);
        const repeat = await right.refresh(pair.refresh);
        expect([first.status, repeat.status]).toEqual([200, 200]);
        expect(repeat.pair?.refresh).toBe(first.pair?.refresh);
        await Promise.all([right.stop(), behind.stop()]);
        await engine.stop();
      },
    );
  }

  it('F16 that are apart are borne with up to sixty seconds, and not one more', async () => {
    const [here, there] = [movableClock(), movableClock()];
    const store = memoryStore({ clock: here });
    const issuer = await startAuthNode(store, { b2b: { clock: here } });
    const other = await startAuthNode(store, { b2b: { clock: there } });
    nodes.push(issuer, other);
    const { access } = await issuer.login();
    there.advance(-60);
    expect((await other.get('/products', access)).status).toBe(200);
    there.advance(-1);
    expect((await other.get('/products', access)).status).toBe(401);
  });

  it('F16 that step in the middle of it give no token more time, and none less than nothing', async () => {
    const clock = movableClock();
    const node = await startAuthNode(memoryStore({ clock }), {
      b2b: { clock, accessSeconds: 600 },
      bearer: { clock, accessSeconds: 600 },
    });
    nodes.push(node);
    const [jwt, opaque] = [await node.login(), await node.opaqueLogin()];
    const both = async (): Promise<readonly number[]> => [
      (await node.get('/products', jwt.access)).status,
      (await node.get('/reports', opaque.access)).status,
    ];
    clock.advance(599);
    expect(await both()).toEqual([200, 200]);
    clock.advance(-300);
    expect(await both()).toEqual([200, 200]);
    clock.advance(301);
    expect((await both())[0]).toBe(401);
    expect((await node.get('/reports', opaque.access)).status).not.toBe(200);
    // A successor is issued for the time that it is, and ends after its own lifetime.
    const next = await node.refresh(jwt.refresh);
    clock.advance(599);
    expect((await node.get('/products', next.pair?.access)).status).toBe(200);
    clock.advance(1);
    expect((await node.get('/products', next.pair?.access)).status).toBe(401);
  });

  it('F16 that step back do not prolong what waits for a store', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const from = performance.now();
    const waiting = inTime(new Promise(() => undefined), 300);
    vi.setSystemTime(Date.now() - 5 * 60_000);
    await expect(waiting).rejects.toBeInstanceOf(Overdue);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
