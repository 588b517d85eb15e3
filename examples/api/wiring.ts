import { authError, deny, type Guard } from 'portcullis';
import { open } from 'portcullis/authenticate';
import type { Api } from './api.ts';
import { health } from './health.ts';
import type { Host } from './host.ts';
import { b2b } from './systems/b2b.ts';
import { bearerSession } from './systems/bearer-session.ts';
import { jwtPair } from './systems/jwt-pair.ts';

/** Puts the API together: every system, and what belongs to none of them. */
export function wire(host: Host): Api {
  const mounted = [b2b(host), jwtPair(host), bearerSession(host)];
  return {
    mounted,
    routes: [...health(host.store), ...mounted.flatMap(({ routes }) => routes)],
    elsewhere: [open('there is nothing to protect'), nothingHere],
  };
}

/** Ends what the API keeps going, and then the store that it is kept in. */
export async function close({ mounted }: Api, { apiKeys, store }: Host): Promise<void> {
  await Promise.all([...mounted.map((each) => each.close()), apiKeys.close()]);
  await store.close();
}

/** A guard of the host's own: it refuses whatever reaches it, so that an unknown path is answered like every refusal. */
const nothingHere: Guard = {
  name: 'nothing_here',
  decide: () => deny(authError('not_found')),
  describe: () => ({ guard: 'nothing_here' }),
};
