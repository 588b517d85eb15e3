// Serves the B2B API over a SQLite file in a process of its own. The argument is the folder of the transpiled sources; what
// else it needs, with every secret in it, comes as one message. Events go to standard output, one JSON text a line.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(sources, path)).href);
const { sqliteStore } = await load('src/stores/sqlite.js');
const { argon2Passwords } = await load('src/services/passwords/argon2.js');
const { b2bSystem } = await load('src/systems/b2b/system.js');
const { B2B_HOSTS } = await load('test/systems/b2b/hosts.js');

process.once('message', (job) => void serve(job));

async function serve({ host, path, keys, users, options }) {
  const passwords = argon2Passwords({ memoryKib: 8_192, passes: 1 });
  const known = new Map();
  for (const { login, password, ...user } of users) {
    known.set(login, { ...user, active: true, hash: await passwords.hash(password) });
  }
  const onEvent = (event) => console.log(JSON.stringify(event, readable));
  const store = sqliteStore({ path, busyTimeoutMs: 20_000 });
  const b2b = b2bSystem({
    ...options,
    store,
    keys,
    onEvent,
    directory: {
      findLogin(name) {
        if (name === 'broken') throw new Error('the directory is broken');
        return known.get(name) ?? null;
      },
      verifyPassword: (user, password) => passwords.verify(user?.hash ?? null, password),
      findUser: (id) => [...known.values()].find((user) => user.id === id) ?? null,
    },
  });
  const chosen = B2B_HOSTS.find(({ name }) => name === host);
  const server = createServer(chosen.listener(b2b, onEvent));
  async function stop() {
    server.close();
    server.closeAllConnections();
    await b2b.close();
    await store.close();
    process.disconnect();
  }
  process.once('SIGTERM', () => void stop());
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}
process.on('disconnect', () => process.exit());
process.send('ready');

/** Writes errors out as a careless host would, so that what they hold is looked at as well. */
function readable(_key, value) {
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value;
}
