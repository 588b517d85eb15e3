import type { JsonWebKey, KeyObject } from 'node:crypto';
import { systemClock, type Clock } from '../core/clock.ts';
import { ConfigError, StoreError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import {
  implementing,
  integer,
  listOf,
  oneOf,
  optional,
  parseOptions,
  type Reader,
} from '../core/options.ts';
import { endpointUrl } from '../providers/endpoint-url.ts';
import {
  ProviderOutage,
  providerTransport,
  type ProviderTransport,
  type TransportOptions,
} from '../providers/transport.ts';
import { isSymmetric, JWT_ALGORITHMS, type JwtAlgorithm } from '../tokens/algorithms.ts';
import { keyMaterial } from '../tokens/key-material.ts';
import type { KeySource } from '../tokens/key-ring.ts';
import { keysReader } from './signing-keys/reader.ts';

export interface RemoteJwksOptions {
  /** Where the issuer publishes its JWK Set; https, or loopback. Tokens never say where keys are. */
  readonly url: string;
  /** The algorithms that tokens may name; default `RS256`. An HS algorithm has no public key and is refused. */
  readonly algorithms?: JwtAlgorithm | readonly JwtAlgorithm[] | undefined;
  /** How old the set that is known may be, and so how long a withdrawn key is still accepted; default 600. */
  readonly maxAgeSeconds?: number | undefined;
  /** How long nothing is fetched for an unknown `kid` after that has been done; default 30. */
  readonly cooldownSeconds?: number | undefined;
  /** How much older than `maxAgeSeconds` the set may become while the issuer cannot be reached; default 3,600. */
  readonly maxStaleSeconds?: number | undefined;
  /** How the set is fetched: options, or a transport that is there already. */
  readonly transport?: TransportOptions | ProviderTransport | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * The public keys of another issuer, for the option `keys` of `JwtBearerStrategy`. The set is fetched when a token asks
 * for it first, and again before it is too old; a `kid` that is unknown fetches it at most once per cool-down. While the
 * issuer cannot be reached, the keys that are known go on being used up to the limit; then, and for a `kid` that nobody
 * can look up, requests are refused with 503.
 *
 * Keys that cannot be used are left out: of another use or algorithm, RSA under 2,048 bits, a curve that does not fit.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 * @see RFC 7517, RFC 8725 section 3.10
 */
export function remoteJwks(options: RemoteJwksOptions): KeySource {
  const { url, algorithms, clock, transport, ...seconds } = parseOptions(OWNER, options, {
    url: endpointUrl,
    algorithms: optional(listOf(publicAlgorithm), ['RS256']),
    maxAgeSeconds: optional(integer(1, 86_400), 600),
    cooldownSeconds: optional(integer(1, 3_600), 30),
    maxStaleSeconds: optional(integer(0, 604_800), 3_600),
    transport: optional(anyTransport, {}),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const calls = isTransport(transport) ? transport : providerTransport(`${OWNER}.transport`, transport);
  const { host } = new URL(url);
  const maxAgeMs = seconds.maxAgeSeconds * 1000;
  const latestMs = maxAgeMs + seconds.maxStaleSeconds * 1000;
  let known: KnownKeys = { text: '', byName: new Map() };
  let revision = 0;
  let failedAt = -Infinity;
  /** How far gone the set that is known is, as far as whoever remembers what it verified has been told. */
  let lapsed = 0;

  const reader = keysReader({
    async load() {
      const fetched = await fetchKeys(calls, url, algorithms).catch((thrown: unknown) => {
        failedAt = clock.now();
        throw thrown;
      });
      // What was verified under a key that is still there need not be verified again.
      if (fetched.text !== known.text) revision += 1;
      known = fetched;
      lapsed = 0;
    },
    clock,
    onFailure: () => undefined,
    // Fetched in the background while the set may still be used, so that a request waits for it only after a quiet time.
    maxAgeMs: (maxAgeMs * 3) / 4,
    seekPauseMs: seconds.cooldownSeconds * 1000,
    retryPauseMs: RETRY_PAUSE_MS,
    what: `keys of ${host}`,
  });

  function find(algorithm: JwtAlgorithm, kid: string | null): readonly KeyObject[] {
    return known.byName.get(nameOf(algorithm, kid)) ?? [];
  }

  /** Waits for a newer set; while the issuer fails, not for each request anew. */
  function renew(): Promise<void> {
    const sinceFailure = clock.now() - failedAt;
    if (reader.isFailing() && sinceFailure >= 0 && sinceFailure < RETRY_PAUSE_MS) {
      return Promise.reject(new StoreError(`the keys of ${host} could not be read a moment ago`));
    }
    return Promise.resolve(reader.fresh());
  }

  function candidates(algorithm: JwtAlgorithm, kid: string | null): MaybePromise<readonly KeyObject[]> {
    const look = (): readonly KeyObject[] => find(algorithm, kid);
    const age = reader.ageMs();
    if (age >= latestMs) return renew().then(look);
    // Too old, and nothing says yet that a newer one cannot be had.
    if (age >= maxAgeMs && !reader.isFailing()) return renew().then(look, look);
    reader.keepUp();
    const found = look();
    return found.length > 0 ? found : (reader.seek()?.then(look) ?? found);
  }

  return {
    algorithms: new Set(algorithms),
    get revision() {
      // What was verified is remembered without asking for a key again, so that this is where time is noticed.
      const age = reader.ageMs();
      const gone = age >= latestMs ? 2 : age >= maxAgeMs && !reader.isFailing() ? 1 : 0;
      if (reader.isLoaded() && gone > lapsed) {
        lapsed = gone;
        revision += 1;
      }
      reader.keepUp();
      return revision;
    },
    candidates,
  };
}

const OWNER = 'remoteJwks';
const RETRY_PAUSE_MS = 5_000;
/** More than any issuer publishes; each one is parsed. */
const MOST_KEYS = 100;

interface KnownKeys {
  /** The set as it was sent, to find out whether it changed. */
  readonly text: string;
  readonly byName: ReadonlyMap<string, readonly KeyObject[]>;
}

async function fetchKeys(
  transport: ProviderTransport,
  url: string,
  algorithms: readonly JwtAlgorithm[],
): Promise<KnownKeys> {
  const { status, body } = await transport.send({ method: 'GET', url });
  const { keys } = (body ?? {}) as { keys?: unknown };
  if (status !== 200 || !Array.isArray(keys) || keys.length > MOST_KEYS) throw unusable(url);
  const byName = new Map<string, KeyObject[]>();
  for (const jwk of keys as readonly unknown[]) {
    for (const algorithm of algorithms) {
      const key = toKey(jwk, algorithm);
      if (key === null) continue;
      const name = nameOf(algorithm, kidOf(jwk as JsonWebKey));
      byName.set(name, [...(byName.get(name) ?? []), key]);
    }
  }
  // A set without a single key says that something is wrong at the issuer, and the last good one is better.
  if (byName.size === 0) throw unusable(url);
  return { text: JSON.stringify(keys), byName };
}

function unusable(url: string): ProviderOutage {
  return new ProviderOutage('unreadable', `${new URL(url).host} answered with no usable set of keys`);
}

/** A key that may be used with the algorithm; `null` for any other, since one bad key must not hide the good ones. */
function toKey(jwk: unknown, algorithm: JwtAlgorithm): KeyObject | null {
  if (typeof jwk !== 'object' || jwk === null) return null;
  const { kty, use, alg, d } = jwk as JsonWebKey;
  // A private half that somebody published by mistake is one that everybody can sign with.
  if (kty === 'oct' || d !== undefined) return null;
  if ((use !== undefined && use !== 'sig') || (alg !== undefined && alg !== algorithm)) return null;
  try {
    return keyMaterial(jwk as JsonWebKey, algorithm, OWNER).verify;
  } catch {
    return null;
  }
}

function kidOf(jwk: JsonWebKey): string | null {
  const { kid } = jwk as { kid?: unknown };
  return typeof kid === 'string' ? kid : null;
}

function nameOf(algorithm: JwtAlgorithm, kid: string | null): string {
  return JSON.stringify([algorithm, kid]);
}

const publicAlgorithm: Reader<JwtAlgorithm> = (value, path) => {
  const algorithm = oneOf(...JWT_ALGORITHMS)(value, path);
  if (!isSymmetric(algorithm)) return algorithm;
  throw new ConfigError(
    'option_invalid',
    `${path} is ${algorithm}, whose key is a secret that nobody publishes.`,
  );
};

/** Either the options of a transport, or one that is there already. */
const anyTransport: Reader<TransportOptions | ProviderTransport> = (value) => value as TransportOptions;

function isTransport(value: TransportOptions | ProviderTransport): value is ProviderTransport {
  return typeof (value as Partial<ProviderTransport> | null)?.send === 'function';
}
