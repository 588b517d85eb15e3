import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { expressjwt } from 'express-jwt';
import { auth } from 'express-oauth2-jwt-bearer';
import { createVerifier } from 'fast-jwt';
import { jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import koaJwt from 'koa-jwt';
import passport from 'passport';
import { ExtractJwt, Strategy as PassportJwt } from 'passport-jwt';
import { authError } from '../dist/src/index.js';
import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { JwtBearerStrategy } from '../dist/strategies/jwt-bearer.js';
import { AUDIENCE, ISSUER, jwtGuardByHand } from './lib/by-hand.mjs';
import { demand, measure } from './lib/measure.mjs';
import { gate, requestWith, responseStub } from './lib/requests.mjs';

const TOKENS = 500;
const BY_HAND = 'hand-written, cached by SHA-256';
const VERIFY = 'jsonwebtoken.verify, KeyObject';
const PASSPORT = 'passport-jwt, KeyObject';
const PASSPORT_TEXT = 'passport-jwt, string secret';

/** @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function jwtRows() {
  const rows = [];
  for (const algorithm of ['HS256', 'RS256', 'ES256']) rows.push(...(await rowsOf(algorithm)));
  return [...rows, await peerRow()];
}

/** @param {string} algorithm */
export function keysOf(algorithm) {
  if (algorithm === 'HS256') {
    const secret = 'a secret of the bench that is long enough to be one';
    const key = createSecretKey(Buffer.from(secret));
    return { sign: key, verify: key, text: secret };
  }
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    sign: privateKey,
    verify: publicKey,
    text: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** @param {string} algorithm */
export function headersOf(algorithm, keys, count = TOKENS) {
  return Array.from({ length: count }, (_, user) => {
    const claims = { sub: `user-${user}`, sid: `session-${user}`, scope: 'read write', ws: 'w1' };
    const options = { algorithm, issuer: ISSUER, audience: AUDIENCE, expiresIn: 3600 };
    return `Bearer ${String(jsonwebtoken.sign(claims, keys.sign, options))}`;
  });
}

/** Our guard, with what the hand-written one looks at as well: revocations and accounts. */
export function strategyOf(algorithm, keys) {
  const revoked = new Map();
  const refusal = authError('token_revoked');
  return new JwtBearerStrategy({
    algorithm,
    keys: keys.verify,
    issuer: ISSUER,
    audience: AUDIENCE,
    revoked: (claims) => (revoked.has(claims.sid) ? refusal : null),
    findUser: (id) => ({ id, active: true }),
  });
}

/** @param {string} algorithm */
async function rowsOf(algorithm) {
  const keys = keysOf(algorithm);
  const headers = headersOf(algorithm, keys);
  const ours = () => guard(authenticate(strategyOf(algorithm, keys)));
  const { state, next } = gate();
  const warm = ours();
  const cached = jwtGuardByHand(keys.verify, algorithm);
  const peer = passportJwt(keys.verify, algorithm);
  for (const [name, middleware] of Object.entries({ warm, cached, peer }))
    checkWork(name, middleware, headers[0], state, next);
  const fast = createVerifier({
    key: keys.text,
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: TOKENS,
  });

  let requests = [];
  const prepare = () => (requests = headers.map((header) => requestWith(header)));
  const run = (middleware) => (index) => middleware(requests[index], responseStub(), next);
  const byText = algorithm === 'HS256' ? { [PASSPORT_TEXT]: run(passportJwt(keys.text, algorithm)) } : {};
  let cold = ours();
  return [
    {
      group: 'jwt',
      row: `${algorithm} guard, token seen before`,
      floor: BY_HAND,
      results: await measure(
        {
          [BY_HAND]: run(cached),
          portcullis: run(warm),
          [PASSPORT]: run(peer),
          'fast-jwt with its cache, no middleware': (index) =>
            fast(requests[index].headers.authorization.slice(7)),
        },
        { operations: TOKENS, prepare, rounds: 31 },
      ),
      targets: [
        { candidate: 'portcullis', atMost: 1.2 },
        { candidate: PASSPORT, over: 'portcullis', atLeast: 6 },
      ],
    },
    {
      group: 'jwt',
      row: `${algorithm} guard, token never seen`,
      floor: VERIFY,
      results: await measure(
        {
          [VERIFY]: (index) =>
            jsonwebtoken.verify(requests[index].headers.authorization.slice(7), keys.verify, {
              algorithms: [algorithm],
              issuer: ISSUER,
              audience: AUDIENCE,
            }),
          portcullis: (index) => cold(requests[index], responseStub(), next),
          [PASSPORT]: run(peer),
          ...byText,
        },
        {
          operations: TOKENS,
          rounds: 9,
          prepare() {
            prepare();
            cold = ours();
          },
        },
      ),
      targets:
        algorithm === 'HS256'
          ? [
              { candidate: 'portcullis', atMost: 1.15 },
              { candidate: PASSPORT_TEXT, over: 'portcullis', atLeast: 10 },
            ]
          : [],
    },
  ];
}

/** The peers whose middleware answers with a promise; ours is awaited like them. */
async function peerRow() {
  const keys = keysOf('HS256');
  const headers = headersOf('HS256', keys, 100);
  const ours = guard(authenticate(strategyOf('HS256', keys)));
  const options = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE };
  const byExpressJwt = expressjwt({ secret: keys.verify, ...options });
  const byOauth2 = auth({ issuer: ISSUER, audience: AUDIENCE, secret: keys.text, tokenSigningAlg: 'HS256' });
  const byKoaJwt = koaJwt({ secret: keys.text, ...options });

  let requests = [];
  const through = (middleware) => (index) =>
    new Promise((resolve, reject) => {
      const request = Object.assign(requests[index], {
        query: {},
        is: () => false,
        protocol: 'https',
        host: 'api.example.com',
        get: (name) => requests[index].headers[name.toLowerCase()],
      });
      void middleware(request, responseStub(), (error) => (error === undefined ? resolve() : reject(error)));
    });
  const candidates = {
    portcullis: through(ours),
    'express-jwt, KeyObject': through(byExpressJwt),
    'express-oauth2-jwt-bearer': through(byOauth2),
    'koa-jwt': (index) =>
      byKoaJwt(
        {
          header: requests[index].headers,
          request: {},
          state: {},
          cookies: { get: () => undefined },
          throw: failed,
        },
        () => Promise.resolve(),
      ),
    'jose.jwtVerify alone, KeyObject': (index) =>
      jwtVerify(requests[index].headers.authorization.slice(7), keys.verify, options),
  };
  for (const [name, candidate] of Object.entries(candidates)) {
    requests = [requestWith(headers[0]), requestWith(`${headers[0].slice(0, -8)}AAAAAAAA`)];
    await candidate(0);
    if (name === 'portcullis') continue;
    const refused = await candidate(1).then(
      () => false,
      () => true,
    );
    demand(`${name}: a tampered token is refused`, refused);
  }
  return {
    group: 'jwt',
    row: 'HS256 guards that answer later, token seen before',
    floor: 'portcullis',
    results: await measure(candidates, {
      operations: headers.length,
      rounds: 9,
      prepare: () => (requests = headers.map((header) => requestWith(header))),
    }),
  };
}

function failed(_status, message) {
  throw new Error(message);
}

export function passportJwt(key, algorithm) {
  const instance = new passport.Passport();
  instance.use(
    new PassportJwt(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKey: key,
        algorithms: [algorithm],
        issuer: ISSUER,
        audience: AUDIENCE,
      },
      (claims, done) => done(null, claims),
    ),
  );
  return instance.authenticate('jwt', { session: false });
}

/** A valid credential passes and a tampered one is refused, or there is nothing to measure. */
export function checkWork(name, middleware, header, state, next) {
  const before = state.passed;
  middleware(requestWith(header), responseStub(), next);
  demand(`${name}: a valid credential passes`, state.passed === before + 1);
  const response = responseStub();
  middleware(requestWith(`${header.slice(0, -8)}AAAAAAAA`), response, next);
  demand(`${name}: a tampered one is refused`, state.passed === before + 1 && response.statusCode === 401);
}
