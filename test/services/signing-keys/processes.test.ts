import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import type { SigningKeys } from '../../../src/services/signing-keys.ts';
import { sqliteProcesses, type SqliteProcesses } from '../../support/sqlite-processes.ts';
import { closeRingsAfterEach, SEALING, workshop } from './workshop.ts';

const NODES = 4;
const PUBLISH_SECONDS = 30;

let processes: SqliteProcesses;
let folder: string;
const running: (() => Promise<void>)[] = [];

beforeAll(() => {
  processes = sqliteProcesses();
  folder = mkdtempSync(join(tmpdir(), 'signing-keys-'));
});
afterEach(async () => {
  for (const kill of running.splice(0)) await kill();
});
// Registered last and so run first: a ring ends its watch while the process still answers.
closeRingsAfterEach();
afterAll(() => {
  processes.dispose();
  rmSync(folder, { recursive: true, force: true });
});

/** No callback goes from one process to another: these rings find the lines of the feed when they next read it. */
function withoutWatch(store: Store): Store {
  const unwatched: Store['feedWatch'] = () => Promise.resolve(() => Promise.resolve());
  return new Proxy(store, {
    get: (target, name) => (name === 'feedWatch' ? unwatched : (Reflect.get(target, name) as unknown)),
  });
}

describe('rings over stores in processes of their own, on one database file', () => {
  it('agree on one first key, one next key and one promotion', async () => {
    const shop = workshop();
    // The processes go by the machine's clock; what is ahead of it by less than a minute is no wrong clock.
    let aheadMs = 0;
    const clock = { now: () => Date.now() + aheadMs };
    const rings: SigningKeys[] = [];
    for (let node = 0; node < NODES; node++) {
      const spawned = await processes.spawn(join(folder, 'keys.db'));
      running.push(() => spawned.kill());
      rings.push(
        shop.ring({
          store: withoutWatch(spawned.store),
          clock,
          sealing: SEALING,
          publishSeconds: PUBLISH_SECONDS,
        }),
      );
    }
    const together = <R>(act: (ring: SigningKeys) => Promise<R>): Promise<R[]> => Promise.all(rings.map(act));
    const outcomes = async (act: (ring: SigningKeys) => Promise<{ outcome: string }>): Promise<string[]> =>
      (await together(act)).map(({ outcome }) => outcome).toSorted();
    const others = Array.from({ length: NODES - 1 }, () => 'unchanged');

    await together((ring) => ring.ready());
    const first = await together(async (ring) => (await ring.list()).map(({ kid }) => kid));
    expect(first[0]).toHaveLength(1);
    expect(first).toEqual(first.map(() => first[0]));

    expect(await outcomes((ring) => ring.prepareNext())).toEqual(['prepared', ...others]);
    expect(new Set(await outcomes((ring) => ring.promote()))).toEqual(new Set(['waiting']));
    aheadMs = PUBLISH_SECONDS * 1000;
    expect(await outcomes((ring) => ring.promote())).toEqual(['promoted', ...others]);
    const active = rings.map((ring) => ring.signingKey().kid);
    expect(new Set(active).size).toBe(1);
    expect(active[0]).not.toBe(first[0]?.[0]);

    const revocations = await outcomes((ring) => ring.revoke(String(active[0])));
    expect(revocations).toEqual(['revoked', 'unknown', 'unknown', 'unknown']);
    expect(new Set(rings.map((ring) => ring.signingKey().kid)).size).toBe(1);
  });
});
