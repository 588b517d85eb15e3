// What a careful developer would write by hand for one purpose: the floors that the package is compared with.
import { hash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import jsonwebtoken from 'jsonwebtoken';

export const ISSUER = 'https://issuer.example.com';
export const AUDIENCE = 'https://api.example.com';

/**
 * A JWT guard that remembers tokens by their SHA-256, and on each hit looks at `exp`, at one Map of revocations and at
 * one of accounts.
 */
export function jwtGuardByHand(key, algorithm) {
  const tokens = new Map();
  const revoked = new Map();
  const closed = new Map();
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
    if (claims.exp <= Date.now() / 1000 || revoked.has(claims.sid) || closed.has(claims.sub))
      return refuse(response);
    request.user = claims;
    done();
  };
}

/** An API key guard: the id finds the record, and the hash of the key is compared with the one in it. */
export function apiKeyGuardByHand(keys) {
  const known = new Map(
    keys.map((key) => [idOf(key), { hash: hash('sha256', key, 'buffer'), user: idOf(key) }]),
  );
  return function guardByHand(request, response, done) {
    const header = request.headers.authorization;
    if (header === undefined || !header.startsWith('Api-Key ')) return refuse(response);
    const key = header.slice(8);
    const record = known.get(idOf(key));
    if (record === undefined || !timingSafeEqual(hash('sha256', key, 'buffer'), record.hash))
      return refuse(response);
    request.user = record;
    done();
  };
}

/** `acme_<id>_<secret>`: the second word. @param {string} key */
function idOf(key) {
  const start = key.indexOf('_') + 1;
  return key.slice(start, key.indexOf('_', start));
}

/** An opaque bearer guard: the hash of the token finds the session. */
export function bearerGuardByHand(tokens) {
  const sessions = new Map(tokens.map((token, user) => [hash('sha256', token, 'base64url'), { user }]));
  return function guardByHand(request, response, done) {
    const header = request.headers.authorization;
    if (header === undefined || !header.startsWith('Bearer ')) return refuse(response);
    const session = sessions.get(hash('sha256', header.slice(7), 'base64url'));
    if (session === undefined) return refuse(response);
    request.user = session;
    done();
  };
}

function refuse(response) {
  response.statusCode = 401;
  response.end();
}

/** Strict parsing and a binary search over merged intervals in typed arrays; IPv4 only. @param {string[]} networks */
export function networksByHand(networks) {
  const intervals = networks
    .map((network) => {
      const [address, prefix] = network.split('/');
      const first = toNumber(address);
      return [first, first + 2 ** (32 - Number(prefix)) - 1];
    })
    .toSorted(([a], [b]) => a - b);
  const merged = [];
  for (const [first, last] of intervals) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  const firsts = Float64Array.from(merged, ([first]) => first);
  const lasts = Float64Array.from(merged, ([, last]) => last);
  return function has(text) {
    if (isIP(text) !== 4) return false;
    const address = toNumber(text);
    let low = 0;
    let high = firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (firsts[middle] <= address) low = middle + 1;
      else high = middle;
    }
    return low > 0 && address <= lasts[low - 1];
  };
}

/** @param {string} text */
function toNumber(text) {
  let value = 0;
  let octet = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 46) {
      value = value * 256 + octet;
      octet = 0;
    } else octet = octet * 10 + code - 48;
  }
  return value * 256 + octet;
}
