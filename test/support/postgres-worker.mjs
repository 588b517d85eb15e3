// Opens a PostgreSQL store and serves it to the parent process. The arguments are the folder of the transpiled sources,
// the connection string, the schema and, if it is wanted, a time to wait for before opening, so that several workers
// open at once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';

const [sources, connectionString, schema, openAt] = process.argv.slice(2);
const { postgresStore } = await import(pathToFileURL(join(sources, 'stores/postgres.js')).href);
const { serveStore } = await import(pathToFileURL(join(sources, 'stores/testing.js')).href);

const pool = new pg.Pool({ connectionString, max: 4 });
const waitMs = Number(openAt ?? 0) - Date.now();
if (waitMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
// The generous deadline keeps a crowded machine from failing what is a test of the order of writes, not of patience.
serveStore(await postgresStore({ pool, schema, timeoutMs: 20_000, acquireTimeoutMs: 10_000 }), process);
process.on('disconnect', () => process.exit());
