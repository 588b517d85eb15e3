import type { JsonWebKey } from 'node:crypto';
import { systemClock, type Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { DecisionEvent, EventSink } from '../core/events.ts';
import {
  callback,
  implementing,
  integer,
  oneOf,
  optional,
  parseOptions,
  wrong,
  type Reader,
} from '../core/options.ts';
import { jsonReply, type Reply } from '../core/reply.ts';
import type { RequestNamer } from '../core/request-id.ts';
import { problem } from '../dialects/problem.ts';
import { isSymmetric, JWT_ALGORITHMS, type JwtAlgorithm } from '../tokens/algorithms.ts';
import type { KeyRing } from '../tokens/key-ring.ts';
import { signingRing, type KeysOption } from '../tokens/keys-option.ts';
import type { RingKey } from '../tokens/ring-keys.ts';
import { endpointTable, type Endpoint, type System } from './endpoints.ts';

export interface JwksOptions {
  /** The keys whose public halves are published: the same that the tokens are signed with. */
  readonly keys: Exclude<KeysOption, { candidates: unknown }> | KeyRing;
  /** The algorithm of keys that do not name their own; default `HS256`, whose keys are never published. */
  readonly algorithm?: JwtAlgorithm | undefined;
  /** Where the key set is; default `/.well-known/jwks.json`. */
  readonly path?: string | undefined;
  /** How long a fetched set may be kept; default 600. A ring must publish each key for at least so long. */
  readonly maxAgeSeconds?: number | undefined;
  /** Is told of every request. */
  readonly onEvent?: EventSink<DecisionEvent> | undefined;
  /** Names the request in events, as the host's own log does. */
  readonly requestId?: RequestNamer | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Publishes the public keys of a ring as a JWK Set, for services that verify its tokens themselves: the active key, the
 * next and the retired ones, each with `kid`, `alg` and `use`. Secrets are left out, and of a key pair nothing but the
 * public members is ever written. While the store of the keys is down the set that is known goes on being served.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`; `option_conflict` when
 *   `maxAgeSeconds` is longer than the ring publishes a key before it signs; `key_invalid` for a key that has no JWK.
 * @see RFC 7517 section 5, RFC 7518 section 6
 * @example
 * ```ts
 * app.use(mount(jwksSystem({ keys })));
 * ```
 */
export function jwksSystem(options: JwksOptions): System {
  const { keys, algorithm, path, maxAgeSeconds, onEvent, requestId, clock } = parseOptions(OWNER, options, {
    keys: (value: unknown) => value,
    algorithm: optional(oneOf(...JWT_ALGORITHMS), 'HS256'),
    path: optional(absolutePath, '/.well-known/jwks.json'),
    maxAgeSeconds: optional(integer(0, 86_400), 600),
    onEvent: optional(callback<EventSink<DecisionEvent>>()),
    requestId: optional(callback<RequestNamer>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const ring = signingRing(OWNER, keys, algorithm);
  requireTime(ring, maxAgeSeconds);
  const publish = publisher(ring, maxAgeSeconds);

  async function handle(): Promise<Reply> {
    try {
      await ring.fresh?.();
    } catch {
      // The keys that are known are better than none, and asking for the one that signs throws when none are.
      ring.signingKey();
    }
    return publish();
  }

  const endpoints: readonly Endpoint[] = [
    { method: 'GET', path, name: 'jwks', handle },
    { method: 'HEAD', path, name: 'jwks', handle },
  ];
  return {
    name: 'jwks',
    endpoints,
    prefixes: [],
    handle: endpointTable(endpoints, {
      dialect: problem(),
      schemes: [],
      prefixes: [],
      clock,
      onEvent,
      requestId,
    }),
    close: () => Promise.resolve(),
  };
}

const OWNER = 'jwksSystem';

const absolutePath: Reader<string> = (value, path) => {
  if (typeof value === 'string' && /^(?:\/[^/?#]+)+$/.test(value)) return value;
  throw wrong(path, 'a path that begins with a slash and ends without one', value);
};

/** Whoever keeps the set for longer than a key is published would refuse the first tokens of a new key. */
function requireTime({ overlap }: KeyRing, maxAgeSeconds: number): void {
  if (overlap === undefined || overlap.publishSeconds >= maxAgeSeconds) return;
  throw new ConfigError(
    'option_conflict',
    `${OWNER}.maxAgeSeconds is ${maxAgeSeconds}, and the ring lets a key sign ${overlap.publishSeconds} seconds after ` +
      'it is published. Shorten the one or lengthen publishSeconds.',
  );
}

/** The set is written once for each revision of the ring; the first time here, so that what cannot be published is told. */
function publisher(ring: KeyRing, maxAgeSeconds: number): () => Reply {
  const write = (): Reply =>
    jsonReply(200, { keys: ring.keys.filter(({ algorithm }) => !isSymmetric(algorithm)).map(toJwk) }, [
      ['Cache-Control', `public, max-age=${maxAgeSeconds}`],
    ]);
  let { revision } = ring;
  let reply = write();
  return function publish() {
    if (ring.revision !== revision) {
      revision = ring.revision;
      reply = write();
    }
    return reply;
  };
}

/** Of the exported key only the members that RFC 7518 calls public are taken over, so that no private one slips in. */
function toJwk({ kid, algorithm, verify }: RingKey): JsonWebKey {
  const jwk = exported(verify, algorithm);
  const members = jwk.kty === 'EC' ? ['kty', 'crv', 'x', 'y'] : ['kty', 'n', 'e'];
  const publicMembers = Object.fromEntries(members.map((member) => [member, jwk[member]]));
  return { ...publicMembers, ...(kid === null ? {} : { kid }), alg: algorithm, use: 'sig' };
}

function exported(verify: RingKey['verify'], algorithm: JwtAlgorithm): JsonWebKey {
  try {
    return verify.export({ format: 'jwk' });
  } catch (cause) {
    throw new ConfigError(
      'key_invalid',
      `${OWNER}.keys: a key for ${algorithm} is of a kind that has no JWK, such as RSA-PSS with parameters. Use an RSA key.`,
      { cause },
    );
  }
}
