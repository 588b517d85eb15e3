import autocannon from 'autocannon';
import { demand, interleave } from './lib/measure.mjs';
import { BARE, CLIENT, OPAQUE, OURS, startOAuthServer } from './lib/oauth-server.mjs';

const NAMES = [BARE, OURS, OPAQUE];
const ROUNDS = 5;
const SECONDS = 2;
const BODY = new URLSearchParams({
  grant_type: 'client_credentials',
  client_id: CLIENT.id,
  client_secret: CLIENT.secret,
  scope: 'reports:read',
}).toString();
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };

/** Tokens a second for client credentials over HTTP, server and client in two processes. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function oauthRows() {
  const servers = {};
  try {
    for (const name of NAMES) servers[name] = await startOAuthServer(name);
    for (const name of NAMES) await checkServer(name, servers[name].url);
    const results = await interleave(NAMES, (name) => rateOf(servers[name].url), ROUNDS);
    return [
      {
        group: 'oauth',
        row: 'token endpoint, client credentials',
        floor: BARE,
        unit: 'per second',
        results,
        targets: [{ candidate: OURS, atLeast: 0.5 }],
      },
    ];
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function rateOf(url) {
  const result = await autocannon({
    url,
    method: 'POST',
    headers: HEADERS,
    body: BODY,
    connections: 32,
    duration: SECONDS,
  });
  demand('every request is answered with 200', result.non2xx === 0 && result.errors === 0);
  return result.requests.total / result.duration;
}

/** A right secret gets a token and a wrong one does not, or there is nothing to measure. */
async function checkServer(name, url) {
  const good = await fetch(url, { method: 'POST', headers: HEADERS, body: BODY });
  const { access_token: token } = await good.json();
  demand(`${name}: a right secret gets a token`, good.status === 200 && typeof token === 'string');
  const bad = await fetch(url, {
    method: 'POST',
    headers: HEADERS,
    body: BODY.replace(CLIENT.secret, 'wrong'),
  });
  demand(`${name}: a wrong one does not`, bad.status >= 400 && bad.status < 500);
  const other = await fetch(url, { method: 'POST', headers: HEADERS, body: `${BODY}%20more` });
  demand(`${name}: nor does a scope that is not the client's`, other.status === 400);
}
