import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { ipAllowlist } from '../dist/src/middleware/ip-allowlist.js';
import { requireScopes } from '../dist/src/middleware/require-scopes.js';
import { workspaceScope } from '../dist/src/middleware/workspace-scope.js';
import { sampleOf } from './ip.mjs';
import { headersOf, keysOf, strategyOf } from './jwt.mjs';
import { demand, measure } from './lib/measure.mjs';
import { gate, requestWith, responseStub } from './lib/requests.mjs';

const ALONE = 'JWT alone';
const FULL = 'JWT, allowlist of 1,000, workspace, scopes';

/** The guards that stand behind `authenticate` in a full chain. */
export function furtherGuards() {
  return [
    ipAllowlist({ networks: [...sampleOf(1_000).networks, '10.0.0.0/8', '127.0.0.0/8'] }),
    workspaceScope(),
    requireScopes('read'),
  ];
}

/** What the guards behind `authenticate` add. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function chainRows() {
  const keys = keysOf('HS256');
  const headers = headersOf('HS256', keys);
  const { state, next } = gate();
  const chains = {
    [ALONE]: guard(authenticate(strategyOf('HS256', keys))),
    [FULL]: guard(authenticate(strategyOf('HS256', keys)), ...furtherGuards()),
  };
  for (const [name, chain] of Object.entries(chains)) {
    const before = state.passed;
    chain(requestWith(headers[0]), responseStub(), next);
    demand(`${name}: a valid request passes`, state.passed === before + 1);
    const elsewhere = { ...requestWith(headers[0]), socket: { remoteAddress: '203.0.113.9' } };
    chain(elsewhere, responseStub(), next);
    demand(
      `${name}: an address counts only where it is asked`,
      (state.passed === before + 2) === (name === ALONE),
    );
  }
  let requests = [];
  return [
    {
      group: 'chain',
      row: 'a full chain, token seen before',
      floor: ALONE,
      results: await measure(
        Object.fromEntries(
          Object.entries(chains).map(([name, chain]) => [
            name,
            (index) => chain(requests[index], responseStub(), next),
          ]),
        ),
        {
          operations: headers.length,
          rounds: 31,
          prepare: () => (requests = headers.map((header) => requestWith(header))),
        },
      ),
      targets: [{ candidate: FULL, atMost: 1.6 }],
    },
  ];
}
