// Uses a Redis store, watches its feed, closes it and has nothing more to do: the process ends by itself if nothing is left
// open. The arguments are the folder of the transpiled sources, the name of the client library and the server's address.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { redisClientOf } from './redis-client-of.mjs';

const [sources, library, url] = process.argv.slice(2);
const { redisStore } = await import(pathToFileURL(join(sources, 'src/stores/redis.js')).href);

const store = redisStore({ client: await redisClientOf(library, url) });
await store.put('kind', 'id', 1);
await store.feedWatch(() => {});
await store.close();
process.stdout.write('closed\n');
