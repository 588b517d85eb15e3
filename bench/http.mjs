import autocannon from 'autocannon';
import { headersOf, keysOf } from './jwt.mjs';
import { startServer } from './lib/http-server.mjs';
import { demand, interleave } from './lib/measure.mjs';

const FRAMEWORKS = ['node:http', 'Express 5', 'Koa 3'];
const BARE = 'no guard';
const BY_HAND = 'hand-written guard, cached';
const PASSPORT = 'passport-jwt, KeyObject';
const FULL = 'portcullis, full chain';
const IN_CONTEXT = 'portcullis, in an AsyncLocalStorage by hand';
const ROUNDS = 7;
const SECONDS = 1;

/** Requests a second over HTTP, server and client in two processes. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function httpRows() {
  const keys = keysOf('HS256');
  const headers = headersOf('HS256', keys, 50);
  const rows = [];
  for (const framework of FRAMEWORKS) rows.push(await rowOf(framework, headers));
  return rows;
}

async function rowOf(framework, headers) {
  const names = [
    BARE,
    BY_HAND,
    'portcullis',
    IN_CONTEXT,
    FULL,
    ...(framework === 'Express 5' ? [PASSPORT] : []),
  ];
  const servers = {};
  try {
    for (const name of names) servers[name] = await startServer(framework, name);
    for (const name of names) await checkServer(name, servers[name].url, headers[0]);
    const results = await interleave(names, (name) => rateOf(servers[name].url, headers), ROUNDS);
    return {
      group: 'http',
      row: `${framework}, token seen before`,
      floor: BARE,
      unit: 'per second',
      results,
      targets: [
        { candidate: 'portcullis', over: BY_HAND, atLeast: 0.95 },
        { candidate: FULL, over: 'portcullis', atLeast: 0.97 },
      ],
    };
  } finally {
    for (const server of Object.values(servers)) await server.stop();
  }
}

async function rateOf(url, headers) {
  const result = await autocannon({
    url,
    connections: 32,
    duration: SECONDS,
    requests: headers.map((authorization) => ({ headers: { authorization } })),
  });
  demand('every request is answered with 200', result.non2xx === 0 && result.errors === 0);
  return result.requests.total / result.duration;
}

async function checkServer(name, url, authorization) {
  const good = await fetch(url, { headers: { authorization } });
  demand(`${name}: a valid token gets 200`, good.status === 200);
  const bad = await fetch(url, { headers: { authorization: `${authorization.slice(0, -8)}AAAAAAAA` } });
  demand(`${name}: a tampered one does not`, (bad.status === 200) === (name === BARE));
}
