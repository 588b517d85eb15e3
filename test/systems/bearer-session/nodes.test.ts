import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import type { HttpAnswer } from '../../support/http-client.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { HOME, SECOND, testDirectory } from './directory.ts';
import {
  BAD_REFRESH,
  BAD_TOKEN,
  expectDone,
  expectGrant,
  expectRefusal,
  expectReports,
  type Grant,
} from './expectations.ts';
import { ADA, SAMPLE_SECONDS, startStage, stopStagesAfterEach, type Stage } from './stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Engine {
  readonly name: string;
  /** Two handles on one store, and all that is at rest in it. */
  open(clock: MovableClock): { readonly a: Store; readonly b: Store; readonly dump: () => string };
}

const ENGINES: readonly Engine[] = [
  {
    name: 'memory',
    open(clock) {
      const seen: unknown[] = [];
      const store = memoryStore({ clock });
      return { a: recording(store, seen), b: store, dump: () => JSON.stringify(seen) };
    },
  },
  {
    name: 'SQLite',
    open(clock) {
      const folder = mkdtempSync(join(tmpdir(), 'bearer-session-'));
      const path = join(folder, 'app.db');
      const [a, b] = [sqliteStore({ path, clock }), sqliteStore({ path, clock })];
      closing.push(
        () => a.close(),
        () => b.close(),
        () => rmSync(folder, { recursive: true, force: true }),
      );
      const dump = (): string =>
        readdirSync(folder)
          .map((file) => readFileSync(join(folder, file)).toString('latin1'))
          .join('\n');
      return { a, b, dump };
    },
  },
];

/** Writes down whatever is handed to a store: what is at rest in memory was handed over before. */
function recording(store: Store, seen: unknown[]): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        seen.push(args);
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** Two processes' worth of the system over one store and one directory. */
async function twoNodes(
  engine: Engine,
  options: object = {},
): Promise<{ a: Stage; b: Stage; readonly dump: () => string }> {
  const clock = movableClock(SAMPLE_SECONDS);
  const directory = testDirectory();
  const { a, b, dump } = engine.open(clock);
  const shared = { clock, directory, feedPollMs: 10, ...options };
  return {
    a: await startStage(undefined, { ...shared, store: a }),
    b: await startStage(undefined, { ...shared, store: b }),
    dump,
  };
}

describe.each(ENGINES)('Two nodes over one $name store', (engine) => {
  it('each know the tokens of the other', async () => {
    const { a, b } = await twoNodes(engine);
    const first = await a.login();
    expectReports(await b.reports(first.token), HOME, AT_HOME);
    const second = expectGrant(await b.refresh(first.refreshToken));
    const third = expectGrant(await a.masquerade(second.token, SECOND));
    expectReports(await b.reports(third.token), SECOND, ['reports:read']);
    expectDone(await b.logout(third.token));
    expectRefusal(await b.reports(third.token), BAD_TOKEN);
  });

  it.each<[string, (stage: Stage, grant: Grant) => Promise<unknown>]>([
    ['a refresh', (stage, grant) => stage.refresh(grant.refreshToken)],
    ['a masquerade', (stage, grant) => stage.masquerade(grant.token, SECOND)],
    ['a logout', (stage, grant) => stage.logout(grant.token)],
    ['revokeAll', (stage) => stage.system.sessions.revokeAll('u1', { reason: 'password changed' })],
  ])('a token in the memory of one dies by %s at the other', async (_case, end) => {
    const { a, b } = await twoNodes(engine);
    const grant = await a.login();
    expectReports(await b.reports(grant.token), HOME, AT_HOME);
    await end(a, grant);
    await vi.waitFor(async () => expectRefusal(await b.reports(grant.token), BAD_TOKEN), {
      timeout: 10_000,
      interval: 20,
    });
  });

  it('a repeat at the other node gets the same successor, byte for byte', async () => {
    const { a, b } = await twoNodes(engine);
    const { refreshToken } = await a.login();
    const first = await a.refresh(refreshToken);
    a.clock.advance(5);
    const repeat = await b.refresh(refreshToken);
    expectGrant(repeat);
    expect(repeat.text).toBe(first.text);
  });

  it('SE-07 25 parallel refreshes have one successor', async () => {
    const { a, b } = await twoNodes(engine);
    const { refreshToken } = await a.login();
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, n) => (n % 2 === 0 ? a : b).refresh(refreshToken)),
    );
    for (const answer of answers) expectGrant(answer);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expectReports(await b.reports(expectGrant(answers[0] as HttpAnswer).token), HOME, AT_HOME);
    const actions = [...a.sessionActions(), ...b.sessionActions()].toSorted();
    expect(actions.filter((action) => action === 'refreshed')).toHaveLength(1);
    expect(actions.filter((action) => action === 'repeated')).toHaveLength(24);
  });

  it('of 10 concurrent masquerades one wins, and the others end nothing', async () => {
    const { a, b } = await twoNodes(engine, { reuseGraceSeconds: 0 });
    const { token, refreshToken } = await a.login();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? a : b).masquerade(token, n < 5 ? SECOND : HOME)),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, BAD_TOKEN);
    const grant = won[0]?.json() as Grant;
    expect((await a.reports(grant.token)).json()).toMatchObject({ account: grant.accountId });
    expectRefusal(await a.refresh(refreshToken), BAD_REFRESH);
    expect(expectGrant(await b.refresh(grant.refreshToken)).accountId).toBe(grant.accountId);
  });

  it('SE-09 a masquerade against refreshes leaves one live pair in one account, and no theft', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { a, b } = await twoNodes(engine);
      const first = await a.login();
      const [moved, ...refreshed] = await Promise.all([
        a.masquerade(first.token, SECOND),
        b.refresh(first.refreshToken),
        a.refresh(first.refreshToken),
      ]);
      const grants = [moved, ...refreshed]
        .filter(({ status }) => status === 200)
        .map((answer) => answer.json() as Grant);
      expect(new Set(grants.map(({ guid }) => guid)).size).toBe(1);
      expect([...a.sessionActions(), ...b.sessionActions()]).not.toContain('reuse_detected');
      const grant = grants[0] as Grant;
      expect((await a.reports(grant.token)).json()).toMatchObject({ account: grant.accountId });
    }
  });

  it('a masquerade with a bearer that was replaced at the other node ends nothing', async () => {
    const { a, b } = await twoNodes(engine, { reuseGraceSeconds: 0, feedPollMs: 60_000 });
    const first = await a.login();
    expectReports(await b.reports(first.token), HOME, AT_HOME);
    let grant = first;
    for (let n = 0; n < 3; n += 1) grant = expectGrant(await a.refresh(grant.refreshToken));
    expectRefusal(await b.masquerade(first.token, SECOND), BAD_TOKEN);
    expectReports(await a.reports(grant.token), HOME, AT_HOME);
    expect(a.sessionActions()).toEqual(['started', 'refreshed', 'refreshed', 'refreshed']);
    expect(b.sessionActions()).not.toContain('reuse_detected');
  });

  it('SE-02 nothing token-like is at rest', async () => {
    const { a, b, dump } = await twoNodes(engine);
    const first = await a.login();
    const second = expectGrant(await a.refresh(first.refreshToken));
    const third = expectGrant(await a.masquerade(second.token, SECOND));
    await a.reports(third.token);
    await a.refresh(third.token);
    await b.reports(third.token);
    const texts = [first, second, third].flatMap(({ guid, token, refreshToken }) => [
      guid,
      token,
      refreshToken,
    ]);
    texts.push(ADA.password, ...texts.map((text) => text.replaceAll('-', '')));
    const stored = dump();
    expect(stored).toContain('bearer-session:u1');
    expect(texts.filter((text) => stored.toLowerCase().includes(text.toLowerCase()))).toEqual([]);
    const told = JSON.stringify([...a.events, ...b.events]);
    expect(texts.filter((text) => told.includes(text))).toEqual([]);
  });
});

describe('A store that is opened again', () => {
  it('SE-10 knows that rotated tokens are dead', async () => {
    const clock = movableClock(SAMPLE_SECONDS);
    const folder = mkdtempSync(join(tmpdir(), 'bearer-session-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const before = sqliteStore({ path: join(folder, 'app.db'), clock });
    const a = await startStage(undefined, { clock, store: before });
    const first = await a.login();
    const second = expectGrant(await a.refresh(first.refreshToken));
    await a.system.close();
    await before.close();
    const after = sqliteStore({ path: join(folder, 'app.db'), clock });
    closing.push(() => after.close());
    const b = await startStage(undefined, { clock, store: after });
    expectRefusal(await b.reports(first.token), BAD_TOKEN);
    expectReports(await b.reports(second.token), HOME, AT_HOME);
    clock.advance(10);
    expectRefusal(await b.refresh(first.refreshToken), BAD_REFRESH);
    expectRefusal(await b.reports(second.token), BAD_TOKEN);
  });
});
