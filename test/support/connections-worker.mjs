// Serves one process's connections to the parent: it opens a SQLite file and asks for access tokens when it is told to.
// The arguments are the folder of the transpiled sources, the database file, the provider's address, the sealing key and
// by how much the clock is ahead.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [sources, path, url, key, aheadMs] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(sources, 'src', file)).href);
const { sqliteStore } = await load('stores/sqlite.js');
const { connections, googleAds } = await load('services/connections.js');

const clock = { now: () => Date.now() + Number(aheadMs) };
const service = connections({
  store: sqliteStore({ path, busyTimeoutMs: 20_000, clock }),
  clock,
  sealing: { primary: key },
  isMember: () => true,
  transport: { timeoutMs: 20_000 },
  providers: [
    googleAds({
      clientId: 'client-of-the-test',
      clientSecret: 'secret-of-the-test',
      endpoints: {
        authorizationUrl: `${url}/authorize`,
        tokenUrl: `${url}/token`,
        revocationUrl: `${url}/revoke`,
      },
    }),
  ],
});

process.on('message', ({ ref, callers }) => {
  void Promise.all(Array.from({ length: callers }, () => service.getAccessToken(ref))).then(
    (results) => process.send({ results }),
    (error) => process.send({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send('ready');
