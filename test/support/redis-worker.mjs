// Opens a Redis store and serves it to the parent process. The arguments are the folder of the transpiled sources, the name
// of the client library, the address of the server and the prefix of the keys.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { redisClientOf } from './redis-client-of.mjs';

const [sources, library, url, prefix] = process.argv.slice(2);
const { redisStore } = await import(pathToFileURL(join(sources, 'stores/redis.js')).href);
const { serveStore } = await import(pathToFileURL(join(sources, 'stores/testing.js')).href);

// The generous deadline keeps a crowded machine from failing what is a test of the order of writes, not of patience.
serveStore(redisStore({ client: await redisClientOf(library, url), prefix, timeoutMs: 20_000 }), process);
process.on('disconnect', () => process.exit());
