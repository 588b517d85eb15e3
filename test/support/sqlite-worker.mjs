// Opens a SQLite store and serves it to the parent process. The arguments are the folder of the transpiled sources, the
// database file and, if it is wanted, a time to wait for before opening, so that several workers open at once.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources, path, openAt] = process.argv.slice(2);
const { sqliteStore } = await import(pathToFileURL(join(sources, 'stores/sqlite.js')).href);
const { serveStore } = await import(pathToFileURL(join(sources, 'stores/testing.js')).href);

const waitMs = Number(openAt ?? 0) - Date.now();
if (waitMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
// The generous wait keeps a crowded machine from failing what is a test of the order of writes, not of patience.
serveStore(sqliteStore({ path, busyTimeoutMs: 20_000 }), process);
process.on('disconnect', () => process.exit());
