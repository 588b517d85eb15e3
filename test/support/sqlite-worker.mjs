// Opens a SQLite store and serves it to the parent process. Workers run the built package, since they are started without
// the test runner's transpiler.
import { existsSync } from 'node:fs';

const built = new URL('../../dist/src/stores/', import.meta.url);
if (!existsSync(new URL('sqlite.js', built))) {
  throw new Error('dist/src/stores/sqlite.js is missing: run "npm run build" before these tests.');
}
const { sqliteStore } = await import(new URL('sqlite.js', built).href);
const { serveStore } = await import(new URL('testing.js', built).href);

const [path] = process.argv.slice(2);
serveStore(sqliteStore({ path, busyTimeoutMs: 20_000 }), process);
// The parent is gone: nobody is served any more.
process.on('disconnect', () => process.exit());
