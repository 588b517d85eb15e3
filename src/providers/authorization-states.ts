import type { Clock } from '../core/clock.ts';
import { sealer } from '../core/sealing.ts';
import { randomToken, secretsEqual, sha256 } from '../core/secrets.ts';
import type { Json, Store } from '../core/store.ts';
import { newCodeVerifier } from './pkce.ts';

/** What an authorization request at a provider is begun for. */
export interface NewAuthorization {
  /** What the request is part of, such as `sign-in` or `connection`; an answer to one is none to another. */
  readonly purpose: string;
  /** The provider, so that the answer of one is not taken for that of another (RFC 9700 section 4.4). */
  readonly provider: string;
  /** The `redirect_uri` that the provider is told, and is told again when the code is exchanged. */
  readonly callbackUrl: string;
  /** What only this browser knows, such as the value of its interaction cookie; only its hash is kept. */
  readonly browser: string;
  /** What the caller wants back at the end, such as where to go then; sealed at rest. */
  readonly data: Json;
  /** How long the answer may take; default 600, ten minutes. */
  readonly ttlSeconds?: number | undefined;
}

/** An authorization request that was begun. */
export interface BegunAuthorization {
  /** The `state` parameter: 256 random bits. */
  readonly state: string;
  /** Hashed into the `code_challenge` where the provider supports PKCE (RFC 7636). */
  readonly codeVerifier: string;
  /** The `nonce` parameter where the provider issues ID tokens (OpenID Connect Core 3.1.2.1). */
  readonly nonce: string;
}

/** What an answer must agree with. */
export interface ExpectedAuthorization {
  readonly purpose: string;
  readonly provider: string;
  /** Where the answer came to; absent where it is handed in by an API client, which is told by the record. */
  readonly callbackUrl?: string | undefined;
  /** What the browser says it is; `null` when it says nothing. */
  readonly browser: string | null;
  /**
   * Takes an answer from whoever has the state, when `browser` is `null`: for API clients without a browser, which guard
   * the state themselves. Whatever could be led by a link, a browser above all, must not be treated so. Default false.
   */
  readonly dangerouslyFromAnywhere?: boolean | undefined;
}

export type FinishedAuthorization = BegunAuthorization & {
  readonly callbackUrl: string;
  readonly data: Json;
};

/** Keeps the state of authorization requests between the way to the provider and the way back. */
export interface AuthorizationStates {
  begin(authorization: NewAuthorization): Promise<BegunAuthorization>;
  /**
   * Uses a state up. Of any number of simultaneous calls one gets the answer, in whichever process.
   *
   * @returns `unknown` for a state that was never given out, has been used or has expired. `mismatched` for one of
   *   another browser, purpose, provider or callback, which is not used up by that.
   */
  finish(
    state: string,
    expected: ExpectedAuthorization,
  ): Promise<FinishedAuthorization | 'unknown' | 'mismatched'>;
  /**
   * Makes a state that this caller has used up good again, until the end it had: what failed was the provider or a store,
   * and whoever loads the page again is to get through.
   */
  restore(state: string): Promise<void>;
}

/** How long somebody may take at the provider. */
const AUTHORIZATION_SECONDS = 600;

/**
 * Builds the keeper of states over a store. The store holds the hash of a state and what is sealed under the state
 * itself, so that nobody can finish an authorization with what they read there.
 */
export function authorizationStates(store: Store, clock: Clock): AuthorizationStates {
  return {
    async begin({ purpose, provider, callbackUrl, browser, data, ttlSeconds = AUTHORIZATION_SECONDS }) {
      const state = randomToken(256);
      const nonce = randomToken(256);
      const id = sha256(state);
      const kept: Kept = {
        purpose,
        provider,
        callbackUrl,
        browserHash: sha256(browser),
        codeVerifier: newCodeVerifier(),
        nonce,
        data,
      };
      const sealed = sealerOf(state).seal(Buffer.from(JSON.stringify(kept), 'utf8'), [id]);
      await store.put(KIND, id, sealed, {
        expect: 'absent',
        expiresAt: clock.now() + ttlSeconds * 1000,
      });
      return { state, codeVerifier: kept.codeVerifier, nonce };
    },

    async finish(state, expected) {
      // Anything else was never given out, and cannot be the key of anything.
      if (!/^[\w-]{43}$/.test(state)) return 'unknown';
      const id = sha256(state);
      const record = await store.get<string>(KIND, id);
      if (record === null || record.uses > 0) return 'unknown';
      const opened = sealerOf(state).open(record.data, [id]);
      if (opened === null) return 'unknown';
      const kept = JSON.parse(opened.plain.toString('utf8')) as Kept;
      if (!agrees(kept, expected)) return 'mismatched';
      const used = await store.use(KIND, id);
      if (used === null || used.uses !== 1) return 'unknown';
      const { codeVerifier, nonce, callbackUrl, data } = kept;
      return { state, codeVerifier, nonce, callbackUrl, data };
    },

    async restore(state) {
      const id = sha256(state);
      const record = await store.get<string>(KIND, id);
      // A record that is made anew has not been used; nobody gets in between, since a used one lets nobody through.
      if (record === null || !(await store.delete(KIND, id, record.version))) return;
      await store.put(KIND, id, record.data, { expect: 'absent', expiresAt: record.expiresAt });
    },
  };
}

const KIND = 'oauth_state';

interface Kept {
  readonly purpose: string;
  readonly provider: string;
  readonly callbackUrl: string;
  readonly browserHash: string;
  readonly codeVerifier: string;
  readonly nonce: string;
  readonly data: Json;
}

function sealerOf(state: string) {
  return sealer('state', { primary: Buffer.from(state, 'base64url') }, 'authorization-state');
}

function agrees(kept: Kept, expected: ExpectedAuthorization): boolean {
  const { purpose, provider, callbackUrl = kept.callbackUrl, browser, dangerouslyFromAnywhere } = expected;
  if (kept.purpose !== purpose || kept.provider !== provider || kept.callbackUrl !== callbackUrl)
    return false;
  if (browser === null) return dangerouslyFromAnywhere === true;
  return secretsEqual(kept.browserHash, sha256(browser));
}
