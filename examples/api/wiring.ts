import { authError, deny, type Guard } from 'portcullis';
import { open } from 'portcullis/authenticate';
import { under } from 'portcullis/node';
import type { Api, Mounted, System } from './api.ts';
import { health } from './health.ts';
import type { Host } from './host.ts';
import { ownUrl } from './own-url.ts';
import { pageSessions } from './page-sessions.ts';
import { b2b } from './systems/b2b.ts';
import { bearerSession } from './systems/bearer-session.ts';
import { connections } from './systems/connections.ts';
import { jwtPair } from './systems/jwt-pair.ts';
import { login } from './systems/login.ts';
import { oauth } from './systems/oauth.ts';

/**
 * Puts the API together: every system, and what belongs to none of them.
 *
 * @param url Where the server listens; without one, as in the tool, nobody is told a URL.
 */
export function wire(host: Host, url: string | null = null): Api {
  const first = b2b(host);
  const jwt = jwtPair(host, url);
  const own = ownUrl(host.environment, url);
  const pages = pageSessions(host, jwt.system, own);
  const ads = connections(host, jwt.system, pages, own);
  const others = [jwt, bearerSession(host), oauth(host, url), ads, login(host, url)];
  const mounted = [first, ...others];
  return {
    mounted,
    systems: [inPlace(first), ...others.map(inPlace), pages],
    routes: [...health(host.store), ...mounted.flatMap(({ routes }) => routes)],
    elsewhere: [open('there is nothing to protect'), nothingHere],
  };
}

function inPlace({ system, prefix }: Mounted): System {
  return prefix === undefined ? system : under(prefix, system);
}

/** Ends what the API keeps going, and then the store that it is kept in. */
export async function close({ mounted }: Api, { apiKeys, allowlists, store }: Host): Promise<void> {
  await Promise.all([...mounted.map((each) => each.close()), apiKeys.close(), allowlists.close()]);
  await store.close();
}

/** A guard of the host's own: it refuses whatever reaches it, so that an unknown path is answered like every refusal. */
const nothingHere: Guard = {
  name: 'nothing_here',
  decide: () => deny(authError('not_found')),
  describe: () => ({ guard: 'nothing_here' }),
};
