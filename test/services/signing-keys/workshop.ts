import { afterEach } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { SealingKeys } from '../../../src/core/sealing.ts';
import type { Store } from '../../../src/core/store.ts';
import {
  signingKeys,
  type SigningKeys,
  type SigningKeysOptions,
} from '../../../src/services/signing-keys.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { jwtSigner } from '../../../src/tokens/jwt-signer.ts';
import { jwtVerifier, type JwtVerifier } from '../../../src/tokens/jwt-verifier.ts';
import type { KeySource } from '../../../src/tokens/key-ring.ts';
import type { Claims } from '../../../src/core/principal.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';

export const SEALING: SealingKeys = {
  primary: '0f1e2d3c4b5a69788796a5b4c3d2e1f0123456789abcdef0fedcba9876543210',
};
export const OTHER_SEALING: SealingKeys = {
  primary: 'a1b2c3d4e5f60718293a4b5c6d7e8f90ffeeddccbbaa99887766554433221100',
};

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** A store that counts how often a ring is read, and can be made to fail. */
export interface ObservedStore extends Store {
  readings: number;
  down: boolean;
  /** Whether lines of the feed get lost on their way, and whoever appends them is told. */
  losesLines: boolean;
  /** Holds the answer of the next reading back until what it returns is called. */
  hold(): () => void;
}

function observed(store: Store): ObservedStore {
  const state = { readings: 0, down: false, losesLines: false };
  let held: Promise<void> | null = null;
  const calls = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        const isReading = name === 'get' && args[0] === 'signing-key';
        if (isReading) state.readings += 1;
        if (state.losesLines && name === 'feedAppend') throw new StoreError('the line is lost');
        if (state.down && name !== 'close') throw new StoreError('the store is down');
        const waiting = isReading ? held : null;
        if (isReading) held = null;
        const result = await method.apply(target, args);
        await waiting;
        return result;
      };
    },
  });
  return new Proxy(state, {
    get(target, name) {
      if (name === 'hold') {
        return () => {
          let release = (): void => undefined;
          held = new Promise((resolve) => {
            release = resolve;
          });
          return release;
        };
      }
      return Reflect.has(target, name) ? Reflect.get(target, name) : Reflect.get(calls, name);
    },
  }) as unknown as ObservedStore;
}

export interface Workshop {
  readonly clock: MovableClock;
  readonly store: ObservedStore;
  /** Another node over the same store. */
  readonly ring: (options?: Partial<SigningKeysOptions>) => SigningKeys;
}

/** A store and a clock, and rings over them that end with the test. */
export function workshop(): Workshop {
  const clock = movableClock();
  const shared = observed(memoryStore({ clock }));
  return {
    clock,
    store: shared,
    ring(options = {}) {
      const made = signingKeys({ store: shared, clock, algorithm: 'ES256', sealing: SEALING, ...options });
      open.add(made);
      return made;
    },
  };
}

const open = new Set<SigningKeys>();

/** A test file calls it once. */
export function closeRingsAfterEach(): void {
  afterEach(async () => {
    const rings = [...open];
    open.clear();
    for (const ring of rings) await ring.close();
  });
}

/** A token with a lifetime, signed by whatever key of the ring signs now. */
export function tokenOf(ring: SigningKeys, clock: MovableClock, lifetimeSeconds: number = DAY): string {
  return jwtSigner(ring)({ sub: 'ada', iat: clock.seconds(), exp: clock.seconds() + lifetimeSeconds });
}

export function verifierOf(
  keys: KeySource,
  clock: MovableClock,
  cacheSize: number = 100,
): JwtVerifier<Claims> {
  return jwtVerifier<Claims>({
    keys,
    typ: 'JWT',
    clock,
    cacheSize,
    shape: (claims) => claims,
    profile: {
      issuers: null,
      audiences: null,
      subjectClaim: 'sub',
      tokenType: null,
      required: [],
      expiryLeewaySeconds: 0,
      clockSkewSeconds: 60,
    },
  });
}

/** The subject of a token, or the code of its refusal. */
export async function verdict(verifier: JwtVerifier<Claims>, token: string): Promise<unknown> {
  const verified = await verifier.verify(token);
  return 'code' in verified ? verified.code : verified['sub'];
}

/** The header of a token. */
export function headerOf(token: string): { readonly alg: string; readonly kid?: string } {
  const [header = ''] = token.split('.', 1);
  return JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { alg: string; kid?: string };
}

/** The states of the keys that verify, in the order in which they were published. */
export async function states(ring: SigningKeys): Promise<readonly string[]> {
  const keys = await ring.list();
  return keys.map(({ state }) => state);
}

/** Lets what runs in the background come to its end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
