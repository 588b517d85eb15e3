import { randomUUID } from 'node:crypto';
import { memoryStore } from '../../dist/src/stores/memory.js';
import { bearerSessionSystem } from '../../dist/src/systems/bearer-session/system.js';

/** The bearer session API with this many users signed in. @param {number} count */
export async function bearerSystem(count) {
  const system = bearerSessionSystem({
    store: memoryStore(),
    secret: 'a secret of the bench that is long enough to be one',
    directory: {
      findLogin: (name) => ({ id: name, active: true }),
      verifyPassword: () => true,
      findUser: (id) => ({ id, active: true }),
      homeAccount: () => 1,
      permissionsIn: () => ['reports'],
    },
  });
  const tokens = [];
  for (let index = 0; index < count; index++) tokens.push(await login(system, `user-${index}`));
  return { system, tokens };
}

/** Signs in through the endpoint itself. */
async function login(system, username) {
  const body = JSON.stringify({ username, password: randomUUID() });
  const reply = await system.handle(
    {
      method: 'POST',
      path: '/auth/login',
      mountedPath: '/auth/login',
      query: '',
      peerAddress: '10.1.2.3',
      native: {},
      headerLines: (name) => (name === 'content-type' ? ['application/json'] : []),
      body: async () => ({ kind: 'bytes', bytes: Buffer.from(body), contentType: 'application/json' }),
    },
    '/auth/login',
  );
  return JSON.parse(reply.body).token;
}
