import { hash, randomUUID } from 'node:crypto';
import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { apiKeys } from '../dist/src/services/api-keys.js';
import { memoryStore } from '../dist/src/stores/memory.js';
import { bearerSessionSystem } from '../dist/src/systems/bearer-session/system.js';
import { ApiKeyStrategy } from '../dist/strategies/api-key.js';
import { OpaqueBearerStrategy } from '../dist/strategies/opaque-bearer.js';
import { checkWork } from './jwt.mjs';
import { apiKeyGuardByHand, bearerGuardByHand } from './lib/by-hand.mjs';
import { measure } from './lib/measure.mjs';
import { gate, requestWith, responseStub } from './lib/requests.mjs';

const CREDENTIALS = 500;

/** Guards by credentials that are looked up, whose records are in memory. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function credentialRows() {
  return [await apiKeyRow(), await bearerRow()];
}

async function apiKeyRow() {
  const service = apiKeys({ store: memoryStore(), productPrefix: 'acme' });
  const keys = [];
  for (let index = 0; index < CREDENTIALS; index++) {
    const { key } = await service.create({ workspace: 'w1', name: `key ${index}` });
    keys.push(key);
  }
  const row = await rowOf('API key, its record in memory', 'id look-up, SHA-256, timingSafeEqual', {
    headers: keys.map((key) => `Api-Key ${key}`),
    byHand: apiKeyGuardByHand(keys),
    ours: guard(authenticate(new ApiKeyStrategy({ keys: service }))),
  });
  await service.close();
  return row;
}

async function bearerRow() {
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
  for (let index = 0; index < CREDENTIALS; index++) tokens.push(await login(system, `user-${index}`));
  const row = await rowOf('opaque bearer, its session in memory', 'SHA-256, Map', {
    headers: tokens.map((token) => `Bearer ${token}`),
    byHand: bearerGuardByHand(tokens),
    ours: guard(system.authenticate()),
    more: { 'portcullis, the strategy over the same Map': guard(authenticate(strategyOver(tokens))) },
  });
  await system.close();
  return row;
}

/** What a host gets that keeps its sessions itself: no revocations, no account, no permissions. @param {string[]} tokens */
function strategyOver(tokens) {
  const sessions = new Map(
    tokens.map((token, user) => [sha256(token), { kind: 'user', id: `user-${user}` }]),
  );
  return new OpaqueBearerStrategy({ find: (token) => sessions.get(sha256(token)) ?? null });
}

const sha256 = (text) => hash('sha256', text, 'base64url');

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

async function rowOf(row, floor, { headers, byHand, ours, more = {} }) {
  const { state, next } = gate();
  let requests = headers.map((header) => requestWith(header));
  // Records get into memory when they are first asked for.
  await Promise.all(
    requests.map(
      (request) =>
        new Promise((resolve, reject) => {
          const response = responseStub();
          response.end = () => reject(new Error(`bench: ${row}: a valid credential was refused`));
          ours(request, response, resolve);
        }),
    ),
  );
  for (const [name, middleware] of Object.entries({ byHand, ours, ...more }))
    checkWork(name, middleware, headers[0], state, next);
  return {
    group: 'api-key',
    row,
    floor,
    results: await measure(
      {
        [floor]: (index) => byHand(requests[index], responseStub(), next),
        portcullis: (index) => ours(requests[index], responseStub(), next),
        ...Object.fromEntries(
          Object.entries(more).map(([name, middleware]) => [
            name,
            (index) => middleware(requests[index], responseStub(), next),
          ]),
        ),
      },
      {
        operations: headers.length,
        rounds: 31,
        prepare: () => (requests = headers.map((header) => requestWith(header))),
      },
    ),
    targets: [{ candidate: 'portcullis', atMost: 1.5 }],
  };
}
