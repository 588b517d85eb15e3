import { hash } from 'node:crypto';
import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { apiKeys } from '../dist/src/services/api-keys.js';
import { memoryStore } from '../dist/src/stores/memory.js';
import { ApiKeyStrategy } from '../dist/strategies/api-key.js';
import { OpaqueBearerStrategy } from '../dist/strategies/opaque-bearer.js';
import { checkWork } from './jwt.mjs';
import { bearerSystem } from './lib/bearer-system.mjs';
import { apiKeyGuardByHand, bearerGuardByHand } from './lib/by-hand.mjs';
import { measure } from './lib/measure.mjs';
import { gate, requestWith, responseStub } from './lib/requests.mjs';
import { sessionPeerRow } from './session-peer.mjs';

const CREDENTIALS = 500;

/** Guards by credentials that are looked up, whose records are in memory. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function credentialRows() {
  return [await apiKeyRow(), await bearerRow(), await sessionPeerRow()];
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
  const { system, tokens } = await bearerSystem(CREDENTIALS);
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
