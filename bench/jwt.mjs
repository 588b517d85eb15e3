import { createSecretKey, generateKeyPairSync, hash } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import passport from 'passport';
import { ExtractJwt, Strategy as PassportJwt } from 'passport-jwt';
import { guard } from '../dist/src/express.js';
import { authenticate } from '../dist/src/middleware/authenticate.js';
import { JwtBearerStrategy } from '../dist/strategies/jwt-bearer.js';
import { demand, measure } from './lib/measure.mjs';
import { requestWith, responseStub } from './lib/requests.mjs';

const ISSUER = 'https://issuer.example.com';
const AUDIENCE = 'https://api.example.com';
const TOKENS = 500;

/** @returns {import('./lib/report.mjs').Row[]} */
export function jwtRows() {
  return ['HS256', 'RS256', 'ES256'].flatMap((algorithm) => rowsOf(algorithm, keysOf(algorithm)));
}

/** @param {string} algorithm */
function keysOf(algorithm) {
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

function rowsOf(algorithm, keys) {
  const headers = Array.from({ length: TOKENS }, (_, user) => {
    const claims = { sub: `user-${user}`, sid: `session-${user}`, scope: 'read write' };
    return `Bearer ${jsonwebtoken.sign(claims, keys.sign, { algorithm, issuer: ISSUER, audience: AUDIENCE, expiresIn: 3600 })}`;
  });
  const options = { algorithm, keys: keys.verify, issuer: ISSUER, audience: AUDIENCE };
  const ours = () => guard(authenticate(new JwtBearerStrategy(options)));
  const warm = ours();
  const cached = handWritten(keys.verify, algorithm);
  const peer = passportJwt(keys.verify, algorithm);
  for (const [name, middleware] of Object.entries({ warm, cached, peer }))
    checkWork(name, middleware, headers[0]);

  let requests = [];
  const prepare = () => (requests = headers.map(requestWith));
  const run = (middleware) => (index) => middleware(requests[index], responseStub(), next);
  const slow =
    algorithm === 'HS256' ? { 'passport-jwt, string secret': run(passportJwt(keys.text, algorithm)) } : {};
  let cold = ours();
  return [
    {
      group: 'jwt',
      row: `${algorithm} guard, token seen before`,
      floor: 'hand-written, cached by SHA-256',
      results: measure(
        {
          'hand-written, cached by SHA-256': run(cached),
          portcullis: run(warm),
          'passport-jwt, KeyObject': run(peer),
        },
        { operations: TOKENS, prepare },
      ),
    },
    {
      group: 'jwt',
      row: `${algorithm} guard, token never seen`,
      floor: 'jsonwebtoken.verify, KeyObject',
      results: measure(
        {
          'jsonwebtoken.verify, KeyObject': (index) =>
            jsonwebtoken.verify(requests[index].headers.authorization.slice(7), keys.verify, {
              algorithms: [algorithm],
              issuer: ISSUER,
              audience: AUDIENCE,
            }),
          portcullis: (index) => cold(requests[index], responseStub(), next),
          'passport-jwt, KeyObject': run(peer),
          ...slow,
        },
        {
          operations: TOKENS,
          rounds: 7,
          prepare() {
            prepare();
            cold = ours();
          },
        },
      ),
    },
  ];
}

let passed = 0;
function next(error) {
  if (error) throw error;
  passed += 1;
}

/** The guard that a careful developer would write by hand: the floor for a warm request. */
function handWritten(key, algorithm) {
  const tokens = new Map();
  const revoked = new Map();
  const accounts = new Map();
  return function guardByHand(request, response, done) {
    const header = request.headers.authorization;
    if (header === undefined || !header.startsWith('Bearer ')) return refuse(response);
    const token = header.slice(7);
    const digest = hash('sha256', token, 'base64url');
    let claims = tokens.get(digest);
    if (claims === undefined) {
      try {
        claims = jsonwebtoken.verify(token, key, {
          algorithms: [algorithm],
          issuer: ISSUER,
          audience: AUDIENCE,
        });
      } catch {
        return refuse(response);
      }
      tokens.set(digest, claims);
    }
    if (claims.exp <= Date.now() / 1000 || revoked.has(claims.sid) || accounts.has(claims.sub))
      return refuse(response);
    request.user = claims;
    done();
  };
}

function refuse(response) {
  response.statusCode = 401;
  response.end();
}

function passportJwt(key, algorithm) {
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

/** A valid token passes and a tampered one is refused, or there is nothing to measure. */
function checkWork(name, middleware, header) {
  const before = passed;
  middleware(requestWith(header), responseStub(), next);
  demand(`${name}: a valid token passes`, passed === before + 1);
  const response = responseStub();
  middleware(requestWith(`${header.slice(0, -8)}AAAAAAAA`), response, next);
  demand(`${name}: a tampered token is refused`, passed === before + 1 && response.statusCode === 401);
}
