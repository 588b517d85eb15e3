import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/core/store.ts';
import type { SigningKeys } from '../../../src/services/signing-keys.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { feedReader, type FeedReader } from '../../../src/tokens/feed-reader.ts';
import { sqliteStore } from '../../../src/stores/sqlite.ts';
import type { MovableClock } from '../../support/movable-clock.ts';
import {
  closeRingsAfterEach,
  headerOf,
  HOUR,
  settle,
  tokenOf,
  verdict,
  verifierOf,
  workshop,
  type Workshop,
} from './workshop.ts';

closeRingsAfterEach();

const folder = mkdtempSync(join(tmpdir(), 'signing-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

interface Engine {
  readonly name: string;
  /** Opens one store as often as it is asked, for each node by itself where the engine can. */
  readonly opener: (clock: MovableClock) => () => Store;
}

const ENGINES: readonly Engine[] = [
  {
    name: 'memory',
    opener(clock) {
      const store = memoryStore({ clock });
      return () => store;
    },
  },
  {
    name: 'sqlite',
    opener(clock) {
      const path = join(folder, `${(files += 1)}.db`);
      return () => {
        const store = sqliteStore({ path, clock });
        open.push(store);
        return store;
      };
    },
  },
];

const open: Store[] = [];
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
});

/** What a node knows of its ring, to be compared with what others know. */
function knowledge(ring: SigningKeys): unknown {
  return ring.keys.map(({ kid, algorithm, state, verify }) => [
    kid,
    algorithm,
    state,
    verify.type === 'secret'
      ? verify.export().toString('hex')
      : verify.export({ type: 'spki', format: 'pem' }),
  ]);
}

async function nodes(
  shop: Workshop,
  count: number,
  openStore: () => Store = () => shop.store,
): Promise<readonly SigningKeys[]> {
  const rings = Array.from({ length: count }, () => shop.ring({ store: openStore() }));
  await Promise.all(rings.map((ring) => ring.ready()));
  return rings;
}

describe.each(ENGINES)('signingKeys on several nodes over $name', ({ opener }) => {
  it('makes exactly one first key when 8 nodes start in the same moment', async () => {
    const shop = workshop();
    const rings = await nodes(shop, 8, opener(shop.clock));
    const known = rings.map(knowledge);
    expect(known[0]).toHaveLength(1);
    expect(known).toEqual(known.map(() => known[0]));
  });

  it('lets exactly one of 8 nodes prepare, and one promote, while the others find it done', async () => {
    const shop = workshop();
    const rings = await nodes(shop, 8, opener(shop.clock));
    for (let round = 0; round < 5; round++) {
      const prepared = await Promise.all(rings.map((ring) => ring.prepareNext()));
      expect(prepared.map(({ outcome }) => outcome).toSorted()).toEqual([
        'prepared',
        ...Array.from({ length: 7 }, () => 'unchanged'),
      ]);
      expect(new Set(prepared.map((each) => 'kid' in each && each.kid)).size).toBe(1);

      shop.clock.advance(HOUR);
      const promoted = await Promise.all(rings.map((ring) => ring.promote()));
      expect(promoted.map(({ outcome }) => outcome).toSorted()).toEqual([
        'promoted',
        ...Array.from({ length: 7 }, () => 'unchanged'),
      ]);
      expect(new Set(promoted.map((each) => 'kid' in each && each.kid)).size).toBe(1);

      const known = rings.map(knowledge);
      expect(known).toEqual(known.map(() => known[0]));
      expect(known[0]).toHaveLength(round + 2);
    }
  });

  it('rotates once, however many nodes think of it in the same moment', async () => {
    const shop = workshop();
    const rings = await nodes(shop, 8, opener(shop.clock));
    const outcomes: string[] = [];
    for (let hour = 0; hour < 10; hour++) {
      const steps = await Promise.all(rings.map((ring) => ring.rotateIfDue({ everySeconds: 4 * HOUR })));
      outcomes.push(...steps.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'unchanged'));
      shop.clock.advance(HOUR);
    }
    expect(outcomes).toEqual(['prepared', 'promoted', 'prepared', 'promoted']);
    expect(new Set(rings.map((ring) => ring.signingKey().kid)).size).toBe(1);
  });

  it('revokes once, and puts one key in its place', async () => {
    const shop = workshop();
    const rings = await nodes(shop, 4, opener(shop.clock));
    const stolen = String(rings[0]?.signingKey().kid);
    const revocations = await Promise.all(rings.map((ring) => ring.revoke(stolen)));
    expect(revocations.map(({ outcome }) => outcome).toSorted()).toEqual([
      'revoked',
      'unknown',
      'unknown',
      'unknown',
    ]);
    const known = rings.map(knowledge);
    expect(known[0]).toHaveLength(1);
    expect(known).toEqual(known.map(() => known[0]));
  });
});

describe('what one node does to its ring', () => {
  it('is known to the others as soon as they read the feed, without any request', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    const prepared = (await here.prepareNext()) as { kid: string };
    await settle();
    expect(there.keys.map(({ kid, state }) => [kid, state])).toContainEqual([prepared.kid, 'next']);
    shop.clock.advance(HOUR);
    await here.promote();
    await settle();
    expect(there.signingKey().kid).toBe(prepared.kid);
  });

  it('is known through a reader of the feed that is shared, which is left open', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    let closed = 0;
    const reader = feedReader({ store, clock, pollMs: 1_000, maxStaleMs: 10_000 });
    const feed: FeedReader = {
      ...reader,
      close: () => {
        closed += 1;
        return reader.close();
      },
    };
    const [here, there] = [shop.ring(), shop.ring({ feed })];
    await here.ready();
    await there.ready();
    await settle();
    const prepared = (await here.prepareNext()) as { kid: string };
    await settle();
    expect(there.keys.map(({ kid }) => kid)).toContain(prepared.kid);
    await there.close();
    expect(closed).toBe(0);
    await feed.close();
  });

  it('F19 withdraws a revoked key from the others too', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    const stolen = tokenOf(here, shop.clock);
    const verifier = verifierOf(there, shop.clock);
    expect(await verdict(verifier, stolen)).toBe('ada');
    await here.revoke(String(headerOf(stolen).kid));
    await settle();
    expect(await verdict(verifier, stolen)).toBe('token_key_unknown');
  });

  it('is known to the others after a minute at the latest, also when the feed said nothing', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    const stolen = tokenOf(here, shop.clock);
    const verifier = verifierOf(there, shop.clock);
    shop.store.losesLines = true;
    await expect(here.revoke(String(headerOf(stolen).kid))).rejects.toThrow('the line is lost');
    shop.clock.advance(59);
    expect(await verdict(verifier, stolen)).toBe('ada');
    shop.clock.advance(1);
    await verdict(verifier, stolen);
    await settle();
    expect(await verdict(verifier, stolen)).toBe('token_key_unknown');
  });

  it('is read before anything is signed, when what is known may be old', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    shop.store.losesLines = true;
    await expect(here.revoke(String(here.signingKey().kid))).rejects.toThrow('the line is lost');
    expect(there.fresh?.()).toBeUndefined();
    shop.clock.advance(60);
    await there.fresh?.();
    expect(there.keys).toHaveLength(1);
    expect(there.signingKey().kid).not.toBe(headerOf(tokenOf(here, shop.clock)).kid);
    await here.ready();
    expect(there.signingKey().kid).toBe(headerOf(tokenOf(here, shop.clock)).kid);
  });

  it('is not missed when it happens while another node is reading', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    shop.clock.advance(120);
    const release = shop.store.hold();
    const reading = there.fresh?.();
    await settle();
    const prepared = (await here.prepareNext()) as { kid: string };
    await settle();
    release();
    await reading;
    expect(there.keys.map(({ kid }) => kid)).toContain(prepared.kid);
  });

  it('is seen by whoever asks for the keys afterwards, though a reading is under way that missed it', async () => {
    const shop = workshop();
    const [here, there] = (await nodes(shop, 2)) as [SigningKeys, SigningKeys];
    await settle();
    shop.clock.advance(120);
    const release = shop.store.hold();
    const reading = there.fresh?.();
    await settle();
    shop.store.losesLines = true;
    await here.prepareNext().catch(() => undefined);
    const listing = there.list();
    release();
    expect((await listing).map(({ state }) => state)).toEqual(['active', 'next']);
    await reading;
  });
});
