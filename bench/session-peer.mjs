import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { bearer } from 'better-auth/plugins';
import { guard } from '../dist/src/express.js';
import { bearerSystem } from './lib/bearer-system.mjs';
import { demand, measure } from './lib/measure.mjs';
import { requestWith, responseStub } from './lib/requests.mjs';

/** Few, since the peer's database in memory looks through all of its sessions. */
const SESSIONS = 20;
const PEER = 'better-auth, getSession over its memory adapter';

/** The session of an opaque bearer token, beside a peer that answers later. @returns {Promise<import('./lib/report.mjs').Row>} */
export async function sessionPeerRow() {
  const { system, tokens } = await bearerSystem(SESSIONS);
  const ours = guard(system.authenticate());
  const peer = await signedIn();
  let requests = [];
  const candidates = {
    portcullis: (index) =>
      new Promise((resolve, reject) => {
        const response = responseStub();
        response.end = () => reject(new Error('refused'));
        ours(requests[index].ours, response, resolve);
      }),
    [PEER]: async (index) => {
      const session = await peer.auth.api.getSession({ headers: requests[index].peers });
      if (session === null) throw new Error('refused');
    },
  };
  const prepare = () => (requests = tokens.map((token, index) => bothWith(token, peer.tokens[index])));
  prepare();
  for (const [name, candidate] of Object.entries(candidates)) {
    await candidate(0);
    requests.push(bothWith(tampered(tokens[0]), tampered(peer.tokens[0])));
    const refused = await candidate(requests.length - 1).then(
      () => false,
      () => true,
    );
    demand(`${name}: a tampered token is refused`, refused);
  }
  const results = await measure(candidates, { operations: SESSIONS, rounds: 15, prepare });
  await system.close();
  return {
    group: 'api-key',
    row: 'opaque bearers that are answered later, the session in memory',
    floor: 'portcullis',
    results,
  };
}

/** The peer with as many users signed in, without its limits and its log. */
async function signedIn() {
  const auth = betterAuth({
    secret: 'a secret of the bench that is long enough to be one',
    baseURL: 'http://localhost:3000',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    plugins: [bearer()],
    rateLimit: { enabled: false },
    logger: { disabled: true },
  });
  const tokens = [];
  for (let index = 0; index < SESSIONS; index++) {
    const body = { email: `user-${index}@example.com`, password: 'a long password', name: `user ${index}` };
    tokens.push((await auth.api.signUpEmail({ body })).token);
  }
  return { auth, tokens };
}

const bothWith = (our, peers) => ({
  ours: requestWith(`Bearer ${our}`),
  peers: new Headers({ authorization: `Bearer ${peers}` }),
});

const tampered = (token) => `${token.slice(0, -2)}${token.endsWith('aa') ? 'bb' : 'aa'}`;
