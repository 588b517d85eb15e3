import type { KeyObject } from 'node:crypto';
import { Strategy as PassportJwtStrategy } from 'passport-jwt';
import { runStrategy } from '../passport/run-strategy.ts';
import type { JwtAlgorithm } from '../tokens/algorithms.ts';
import { SIGNATURE_ONLY, type SignatureCheck } from '../tokens/jwt-verifier.ts';

/**
 * Has passport-jwt check signatures, with one strategy of it for each algorithm, so that every verification is pinned to
 * exactly one. It gets token and key from us: its own extractor is quadratic in the header's length, and its key
 * callback turns an outage into a 401.
 */
export function passportJwtSignature(): SignatureCheck {
  const strategies = new Map<JwtAlgorithm, PassportJwtStrategy>();
  function pinnedTo(algorithm: JwtAlgorithm): PassportJwtStrategy {
    let strategy = strategies.get(algorithm);
    if (strategy === undefined) {
      strategy = passportJwt(algorithm);
      strategies.set(algorithm, strategy);
    }
    return strategy;
  }

  return function checkSignature(token, key, algorithm) {
    const outcome = runStrategy(pinnedTo(algorithm), { token, key } satisfies SignatureJob);
    // With a key at hand everything in passport-jwt answers at once; an answer that is late would be a changed library.
    if (outcome instanceof Promise) throw new Error('passport-jwt did not answer at once');
    if (outcome.action === 'error') throw outcome.error;
    return outcome.action === 'success' ? (outcome.user as { payload: unknown }).payload : null;
  };
}

interface SignatureJob {
  readonly token: string;
  readonly key: KeyObject;
}

function passportJwt(algorithm: JwtAlgorithm): PassportJwtStrategy {
  return new PassportJwtStrategy(
    {
      jwtFromRequest: (job: unknown) => (job as SignatureJob).token,
      // The types of passport-jwt know texts and buffers only; jsonwebtoken takes a KeyObject and is fastest with it.
      secretOrKeyProvider: (job: unknown, _token: unknown, done: (error: null, key: never) => void) =>
        done(null, (job as SignatureJob).key as never),
      algorithms: [algorithm],
      ignoreExpiration: SIGNATURE_ONLY.ignoreExpiration,
      // oxlint-disable-next-line typescript/no-deprecated -- the only way to tell jsonwebtoken to leave nbf alone
      jsonWebTokenOptions: { ignoreNotBefore: SIGNATURE_ONLY.ignoreNotBefore },
    },
    (payload: unknown, done: (error: null, user: unknown) => void) => done(null, { payload }),
  );
}
