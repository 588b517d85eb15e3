/** Every engine is the same store, the host's own clients fit, and a store of the host's own is held to the contract. */
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { createClient } from 'redis';
import type { Store } from 'portcullis';
import { composeStores } from 'portcullis/stores/compose';
import { memoryStore } from 'portcullis/stores/memory';
import { postgresMigrationSql, postgresStore } from 'portcullis/stores/postgres';
import { redisStore } from 'portcullis/stores/redis';
import { sqliteStore } from 'portcullis/stores/sqlite';
import { startSweeper } from 'portcullis/stores/sweeper';
import { storeConformance, type StoreCase } from 'portcullis/stores/testing';
import { expectTypeOf } from 'vitest';

/* One contract. */
expectTypeOf(memoryStore).returns.toEqualTypeOf<Store>();
expectTypeOf(sqliteStore).returns.toEqualTypeOf<Store>();
expectTypeOf(redisStore).returns.toEqualTypeOf<Store>();
expectTypeOf(composeStores).returns.toEqualTypeOf<Store>();
expectTypeOf(postgresStore).returns.resolves.toEqualTypeOf<Store>();
const store = memoryStore();

/* The clients of the host. */
sqliteStore('portcullis.db');
void postgresStore({ pool: new Pool(), listenPool: new Pool(), schema: 'auth' });
redisStore({ client: createClient() });
redisStore({ client: new Redis() });
composeStores({ records: await postgresStore({ pool: new Pool() }), families: store, feed: store });
expectTypeOf(postgresMigrationSql({ schema: 'auth' })).toEqualTypeOf<string>();

/* Documents come back as what they were asked for. */
const kept = await store.get<{ readonly count: number }>('tally', 'today');
expectTypeOf(kept?.data.count).toEqualTypeOf<number | undefined>();
expectTypeOf(await store.put('tally', 'today', { count: 1 }, { expect: 'absent' })).toEqualTypeOf<
  number | null
>();
const rotation = await store.familyRotate('id', 1, { idleMs: 1_000, graceMs: 0 });
if (rotation.outcome === 'gone') expectTypeOf(rotation).not.toHaveProperty('family');
else expectTypeOf(rotation.family.generation).toEqualTypeOf<number>();

/* The suite of the contract, for any test runner. */
const cases = storeConformance(({ clock }) => memoryStore({ clock }));
expectTypeOf(cases).toEqualTypeOf<readonly StoreCase[]>();
expectTypeOf<StoreCase['run']>().toEqualTypeOf<() => Promise<void>>();
storeConformance(async ({ clock }) => memoryStore({ clock }), { wakesOthers: true });
expectTypeOf(startSweeper(store)).toEqualTypeOf<() => Promise<void>>();

/* What is wrong does not compile. */
// @ts-expect-error -- the store is there when it has connected
composeStores({ records: postgresStore({ pool: new Pool() }), families: store, feed: store });
// @ts-expect-error -- families are kept somewhere
composeStores({ records: store, feed: store });
// @ts-expect-error -- a URL is no client
redisStore({ client: 'redis://127.0.0.1' });
// @ts-expect-error -- a database has a path
sqliteStore({});
// @ts-expect-error -- what becomes of its tables is one of two things
sqliteStore({ path: 'portcullis.db', migrate: 'never' });
// @ts-expect-error -- a function cannot be kept
void store.put('tally', 'today', { count: () => 1 });
// @ts-expect-error -- a record has three slots
void store.put('tally', 'today', {}, { lookups: ['a', 'b', 'c', 'd'] });
// @ts-expect-error -- there is nothing behind a session that is gone
void rotation.family;
// @ts-expect-error -- a store without a feed is none
const half: Store = { ...store, feedRead: undefined };
// @ts-expect-error -- the suite makes a store for each case
storeConformance(store);

export { half };
