import { authError, deny, type Guard } from 'portcullis';
import { open } from 'portcullis/authenticate';
import type { Api, Mounted } from './api.ts';
import type { Environment } from './environment.ts';
import { jwtBearer } from './jwt-bearer.ts';
import { health } from './routes.ts';

/** Puts the API together: everything that is mounted, and what belongs to none of it. */
export function wire(environment: Environment): Api {
  const mounted: readonly Mounted[] = [jwtBearer(environment)];
  return {
    routes: [health([open('a probe has no credential')]), ...mounted.flatMap(({ routes }) => routes)],
    samples: mounted.flatMap(({ samples }) => samples),
    json: Object.assign({}, ...mounted.map(({ json }) => json)),
    elsewhere: [open('there is nothing to protect'), nothingHere],
  };
}

/** A guard of the host's own: it refuses whatever reaches it, so that an unknown path is answered like every refusal. */
const nothingHere: Guard = {
  name: 'nothing_here',
  decide: () => deny(authError('not_found')),
  describe: () => ({ guard: 'nothing_here' }),
};
