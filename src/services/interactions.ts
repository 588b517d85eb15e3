import { createHmac } from 'node:crypto';
import { systemClock, type Clock } from '../core/clock.ts';
import { authError, ConfigError, type AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { flag, implementing, optional, parseOptions, wrong, type Reader } from '../core/options.ts';
import type { HeaderLine } from '../core/reply.ts';
import { sealer, type SealingKeys } from '../core/sealing.ts';
import { randomToken, secretsEqual, sha256 } from '../core/secrets.ts';
import type { Json, RecordStore } from '../core/store.ts';

/** How long a browser may take over one interaction, such as a sign-in with the consent behind it. */
export const INTERACTION_SECONDS = 600;

export interface InteractionsOptions {
  /** Remembers for ten minutes what may be used once. */
  readonly store: Pick<RecordStore, 'put'>;
  /** Seal the cookie; all processes that serve the pages have the same. */
  readonly sealing: SealingKeys;
  /** Where the pages are, as browsers see it: `https://accounts.example.com`, without a path. */
  readonly origin: string;
  readonly clock?: Clock | undefined;
  /**
   * Lets `origin` be `http://localhost`, `http://127.0.0.1` or `http://[::1]`, for development. The cookie is then
   * neither `Secure` nor `__Host-`, so that whatever else runs on that machine can read and replace it.
   */
  readonly dangerouslyAllowPlainHttp?: boolean | undefined;
}

/**
 * What browsers hold on the pages of the package, between one request and the next, in ONE cookie: HttpOnly, Secure,
 * `SameSite=Lax`, `__Host-`, ten minutes, sealed. Only pages read it; a protected route or a token endpoint never does.
 *
 * An interaction is a piece of JSON under a name of its own, such as the provider's transaction under
 * `provider:<hash of its state>`. Several stand side by side, so that two tabs do not disturb each other.
 */
export interface Interactions {
  /**
   * Opens what the browser of a request holds. A cookie that is absent, altered, too old or sealed under another key is
   * an empty one.
   *
   * @returns `interaction_invalid` when the cookie came more than once: somebody may have planted the other one.
   */
  open(exchange: Exchange): BrowserState | AuthError;
  /**
   * Whether a form was sent from one of the pages, as far as the browser says where it comes from (`Origin`,
   * `Sec-Fetch-Site`). It stands beside the form's token, not in place of it.
   */
  isSentFromPage(exchange: Exchange): boolean;
  /**
   * Uses something up: true for the first caller of ten minutes, over all processes. For what must not go through twice,
   * such as the answer to a question or a provider's `state`.
   */
  useOnce(id: string): Promise<boolean>;
}

/** What one browser holds. It is a value: each change gives another one, whose cookie has to be sent. */
export interface BrowserState {
  /** Names the browser until its cookie ends or is renewed, for counting. */
  readonly id: string;
  /** The interaction of this name that has not ended; `null` when there is none. */
  find(name: string): Json | null;
  /**
   * Begins an interaction, or begins it anew. It ends by itself after ten minutes or earlier, and the oldest ones end
   * when a cookie cannot hold more.
   *
   * @throws RangeError for data that does not fit into a cookie, 2 KiB or so.
   */
  with(name: string, data: Json, ttlSeconds?: number): BrowserState;
  /** Ends an interaction. */
  without(name: string): BrowserState;
  /**
   * The same interactions under a fresh secret: form tokens from before are void. Whoever signs in gets one, so that
   * nobody who knew the browser's earlier cookie can act for them.
   */
  renewed(): BrowserState;
  /** What a form of this interaction carries in a hidden field, so that no other site can send it (CSRF). */
  formToken(name: string): string;
  /** Whether a form's token is the one of this browser and this interaction. */
  isFormToken(name: string, token: unknown): boolean;
  /** The cookie to send along with a reply. */
  readonly cookie: HeaderLine;
}

/**
 * Builds the interactions of pages under one origin.
 *
 * @param owner The factory whose options these are; it begins every message.
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid`, `key_weak`.
 */
export function interactions(owner: string, options: InteractionsOptions): Interactions {
  const { store, origin, clock, sealing, dangerouslyAllowPlainHttp } = parseOptions(owner, options, {
    store: implementing<Pick<RecordStore, 'put'>>('a store, such as memoryStore()', 'put'),
    sealing: ((value) => value) as Reader<SealingKeys>,
    origin: readOrigin,
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
    dangerouslyAllowPlainHttp: optional(flag, false),
  });
  const seal = sealer(`${owner}.sealing`, sealing, 'interactions');
  const secure = origin.startsWith('https:');
  if (!secure && !(dangerouslyAllowPlainHttp && LOOPBACK_ORIGIN.test(origin))) {
    throw new ConfigError(
      'option_invalid',
      `${owner}.origin must begin with https://. Only on localhost may it be http://, for development, with ` +
        'dangerouslyAllowPlainHttp: true.',
    );
  }
  const cookieName = secure ? `__Host-${COOKIE_NAME}` : COOKIE_NAME;
  const attributes = `Path=/; Max-Age=${INTERACTION_SECONDS}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;

  function contentOf(sealed: string | undefined): Content {
    const opened = sealed === undefined ? null : seal.open(sealed, CONTEXT);
    const now = clock.now();
    if (opened === null) return { secret: randomToken(128), endsAt: now, entries: [] };
    const content = JSON.parse(opened.plain.toString('utf8')) as Content;
    if (content.endsAt <= now) return { secret: randomToken(128), endsAt: now, entries: [] };
    return { ...content, entries: content.entries.filter(([, , endsAt]) => endsAt > now) };
  }

  function toText(content: Content): string {
    const endsAt = clock.now() + INTERACTION_SECONDS * 1000;
    return seal.seal(Buffer.from(JSON.stringify({ ...content, endsAt }), 'utf8'), CONTEXT);
  }

  function stateOf(content: Content): BrowserState {
    const others = (name: string): Content['entries'] => content.entries.filter(([each]) => each !== name);
    const derived = (what: string): string =>
      createHmac('sha256', content.secret).update(what).digest('base64url');
    const tokenOf = (name: string): string => derived(`form ${name}`);
    return {
      get id() {
        return derived('id');
      },
      find: (name) => content.entries.find(([each]) => each === name)?.[1] ?? null,
      with(name, data, ttlSeconds = INTERACTION_SECONDS) {
        const endsAt = clock.now() + Math.min(ttlSeconds, INTERACTION_SECONDS) * 1000;
        return stateOf({ ...content, entries: fitting([...others(name), [name, data, endsAt]]) });
      },
      without: (name) => stateOf({ ...content, entries: others(name) }),
      renewed: () => stateOf({ ...content, secret: randomToken(128) }),
      formToken: tokenOf,
      isFormToken: (name, token) => typeof token === 'string' && secretsEqual(token, tokenOf(name)),
      get cookie() {
        return ['Set-Cookie', `${cookieName}=${toText(content)}; ${attributes}`] as const;
      },
    };
  }

  return {
    open(exchange) {
      const values = cookiesNamed(cookieName, exchange);
      return values.length > 1 ? authError('interaction_invalid') : stateOf(contentOf(values[0]));
    },
    isSentFromPage(exchange) {
      const origins = exchange.headerLines('origin');
      if (origins.length > 0) return origins.length === 1 && origins[0] === origin;
      return exchange.headerLines('sec-fetch-site').every((site) => site === 'same-origin');
    },
    async useOnce(id) {
      const expiresAt = clock.now() + INTERACTION_SECONDS * 1000;
      return (await store.put(USED_KIND, sha256(id), null, { expect: 'absent', expiresAt })) !== null;
    },
  };
}

/** What is sealed into the cookie; times in milliseconds since the Unix epoch. */
interface Content {
  readonly secret: string;
  readonly endsAt: number;
  readonly entries: readonly (readonly [name: string, data: Json, endsAt: number])[];
}

const COOKIE_NAME = 'portcullis-interaction';
const CONTEXT: readonly string[] = ['interaction cookie'];
const USED_KIND = 'interaction-used';
/** Browsers keep 4,096 bytes of name, value and attributes; sealing makes four bytes of three. */
const MOST_BYTES = 2_600;

/** The newest entries that a cookie can hold. */
function fitting(entries: Content['entries']): Content['entries'] {
  for (let first = 0; first < entries.length; first++) {
    const rest = entries.slice(first);
    if (Buffer.byteLength(JSON.stringify(rest)) <= MOST_BYTES) return rest;
  }
  throw new RangeError('an interaction does not fit into a cookie');
}

/** The values of every cookie of this name, in all header lines (RFC 6265 section 4.2). */
function cookiesNamed(name: string, exchange: Exchange): readonly string[] {
  const pairs = exchange.headerLines('cookie').flatMap((line) => line.split(';'));
  return pairs.flatMap((pair) => {
    const mark = pair.indexOf('=');
    return pair.slice(0, Math.max(mark, 0)).trim() === name ? [pair.slice(mark + 1).trim()] : [];
  });
}

const readOrigin: Reader<string> = (value, path) => {
  if (typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value) return value;
  throw wrong(path, 'an origin as browsers write it, such as "https://accounts.example.com"', value);
};

const LOOPBACK_ORIGIN = /^http:\/\/(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d+)?$/;
