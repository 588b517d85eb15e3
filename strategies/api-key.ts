import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import type { Credential, CredentialClaim } from '../src/core/credentials.ts';
import type { Recognition } from '../src/core/decision.ts';
import { authError, ConfigError, isAuthError, type AuthError } from '../src/core/errors.ts';
import type { Exchange } from '../src/core/exchange.ts';
import { chain, isPromise, type MaybePromise } from '../src/core/maybe-promise.ts';
import {
  callback,
  implementing,
  nullable,
  optional,
  parseOptions,
  text,
  wrong,
  type Reader,
} from '../src/core/options.ts';
import { formatAddress, parseAddress, type Address } from '../src/network/address.ts';
import { clientAddressResolver } from '../src/network/client-address.ts';
import { CredentialPassportStrategy } from '../src/passport/credential-strategy.ts';
import { runStrategy } from '../src/passport/run-strategy.ts';
import type { ApiKeyPrincipal, ApiKeys, VerifiedApiKey } from '../src/services/api-keys.ts';

export type { ApiKeyPrincipal } from '../src/services/api-keys.ts';

export interface ApiKeyOptions {
  /** The service that knows the keys: `apiKeys({ … })` of `portcullis/api-keys`. */
  readonly keys: Pick<ApiKeys, 'verify'>;
  /**
   * The scheme word in front of a key in `Authorization`, in any case (RFC 9110 section 11.1); default `Api-Key`, and
   * `null` for keys in {@link header} only.
   */
  readonly scheme?: string | null | undefined;
  /** A header that holds nothing but a key, such as `X-API-Key`; none by default. */
  readonly header?: string | null | undefined;
  /** Passport's name of the strategy; default `api-key`. */
  readonly name?: string | undefined;
  /** Addresses and networks of the proxies in front of this server, for keys that have networks; none by default. */
  readonly trustedProxies?: string | readonly string[] | undefined;
  /** Finds a request's client address in place of the built-in resolver; `null` when it cannot be known. */
  readonly clientAddress?: ((exchange: Exchange) => string | null | undefined) | undefined;
}

/**
 * Recognises API keys in `Authorization: Api-Key <key>`, in a header of their own, or both: one key in each request, and
 * never in a query, a cookie or a body. Everything after the scheme and exactly one space is the key.
 *
 * A key that has networks is refused from elsewhere with `ip_denied`, and one that has a limit is refused with
 * `rate_limited` beyond it, under plain Passport as well. Each request is counted once. Behind a guard of this package, the
 * answer to a caller whose secret was replaced has `Deprecation` and `Sunset` headers.
 *
 * Under `passport.use` a refusal is Passport's bare text: no dialect, and a challenge with 401 only. The guide
 * `docs/guide/plain-passport.md` says what else is different there.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`.
 * @see RFC 9110 section 11.6.2, RFC 8594 (`Sunset`), RFC 9745 (`Deprecation`)
 */
export class ApiKeyStrategy extends CredentialPassportStrategy<ApiKeyPrincipal> {
  private readonly keys: Pick<ApiKeys, 'verify'>;
  private readonly addressOf: (exchange: Exchange) => Address | null;
  private readonly counted = new WeakMap<object, MaybePromise<AuthError | null>>();

  constructor(options: ApiKeyOptions) {
    const { keys, scheme, header, name, trustedProxies, clientAddress } = parseOptions(OWNER, options, {
      keys: implementing<Pick<ApiKeys, 'verify'>>('the service apiKeys({ … })', 'verify'),
      scheme: optional(nullable(schemeOption), 'Api-Key'),
      header: optional(nullable(headerOption), null),
      name: optional(text, 'api-key'),
      trustedProxies: (value: unknown) => value as ApiKeyOptions['trustedProxies'],
      clientAddress: optional(callback<(exchange: Exchange) => string | null | undefined>()),
    });
    super(name, claimsOf(scheme, header));
    this.keys = keys;
    this.addressOf = addressFinder(clientAddress, trustedProxies);
  }

  // Written without callbacks where there is no promise, since it runs on every request.
  override recognise(credential: Credential, exchange: Exchange): MaybePromise<Recognition<ApiKeyPrincipal>> {
    const { value } = credential;
    if (value === '') return rejected(authError('key_malformed'));
    const verified = this.keys.verify(value);
    return isPromise(verified)
      ? settledByPassport({ headers: { [CANONICAL_HEADER]: value }, verified }).then((settled) =>
          this.judge(settled, exchange),
        )
      : this.judge(verified, exchange);
  }

  private judge(
    verified: VerifiedApiKey | AuthError,
    exchange: Exchange,
  ): MaybePromise<Recognition<ApiKeyPrincipal>> {
    if (isAuthError(verified)) return rejected(verified);
    // A service in plain JavaScript may answer with nothing, which recognises nobody.
    if (!verified) return rejected(authError('key_malformed'));
    const { principal, networks, admit, seenFrom, headers } = verified;
    const rule = `key ${principal.id}`;
    if (networks !== null) {
      const address = this.addressOf(exchange);
      if (address === null) return rejected(authError('ip_unknown'), rule);
      if (!networks.has(address)) return rejected(authError('ip_denied'), rule);
    }
    if (typeof seenFrom === 'function') this.noteCaller(exchange, seenFrom);
    const authenticated: Recognition<ApiKeyPrincipal> = { kind: 'authenticated', principal, headers };
    if (typeof admit !== 'function') return authenticated;
    return chain(this.countOnce(exchange, admit), (refusal) =>
      refusal === null ? authenticated : rejected(refusal, rule),
    );
  }

  /** A request that passes several guards of this strategy is one request. */
  private countOnce(
    { native }: Exchange,
    admit: () => MaybePromise<AuthError | null>,
  ): MaybePromise<AuthError | null> {
    if (typeof native !== 'object' || native === null) return admit();
    const counted = this.counted.get(native);
    if (counted !== undefined) return counted;
    const answer = admit();
    this.counted.set(native, answer);
    return answer;
  }

  /** Where the caller is tells an administrator who has to change the key; not knowing it is no reason to refuse. */
  private noteCaller(exchange: Exchange, seenFrom: (address: string) => void): void {
    try {
      const address = this.addressOf(exchange);
      if (address !== null) seenFrom(formatAddress(address));
    } catch {
      // A callback of the host that fails for one that needs no address must not refuse it.
    }
  }
}

const OWNER = 'ApiKeyStrategy';

/** The one header of the view that passport-headerapikey gets to see. */
const CANONICAL_HEADER = 'x-api-key';

/** What passport-headerapikey runs on: the key, and the answer about it that is on its way. */
interface PendingRequest {
  readonly headers: Readonly<Record<typeof CANONICAL_HEADER, string>>;
  readonly verified: Promise<VerifiedApiKey | AuthError>;
}

/**
 * Settles keys that the store has to be asked about; one that is in memory is judged without it, since it would take
 * as long as the digest of the key. It gets the key alone: its own reading of headers takes a prefix for a regular
 * expression, tells schemes apart by case, and never sees that a header was repeated.
 */
const headerApiKey = new HeaderAPIKeyStrategy(
  { header: CANONICAL_HEADER, prefix: '' },
  true,
  (_key: string, done: Settled, request: unknown) => {
    function settle(verified: VerifiedApiKey | AuthError): void {
      if (isAuthError(verified)) done(null, undefined, verified);
      else done(null, verified);
    }
    // It loses what a promise rejects with, and the request would never be answered.
    (request as PendingRequest).verified.then(settle, (cause: unknown) => done(asError(cause)));
  },
);

type Settled = (error: Error | null, user?: VerifiedApiKey, info?: AuthError) => void;

async function settledByPassport(request: PendingRequest): Promise<VerifiedApiKey | AuthError> {
  const outcome = await runStrategy(headerApiKey, request);
  if (outcome.action === 'error') throw outcome.error;
  if (outcome.action === 'success') return outcome.user as VerifiedApiKey;
  const reason = outcome.action === 'fail' ? outcome.challenge : undefined;
  return isAuthError(reason) ? reason : authError('key_malformed');
}

/** Whatever is no error would be taken for none, and the key for a wrong one. */
function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('the API keys could not be asked', { cause });
}

function rejected(error: AuthError, rule?: string): Recognition<never> {
  return rule === undefined ? { kind: 'rejected', error } : { kind: 'rejected', error, rule };
}

function claimsOf(scheme: string | null, header: string | null): readonly CredentialClaim[] {
  const claims: CredentialClaim[] = [];
  if (scheme !== null) claims.push({ headers: ['authorization'], scheme, shape: 'any', value: 'verbatim' });
  if (header !== null) claims.push({ headers: [header], scheme: null, shape: 'any', value: 'verbatim' });
  if (claims.length > 0) return claims;
  throw new ConfigError(
    'option_conflict',
    `${OWNER}: scheme and header are both null, so that no key could be sent; give one of them.`,
  );
}

function addressFinder(
  clientAddress: ((exchange: Exchange) => string | null | undefined) | undefined,
  trustedProxies: ApiKeyOptions['trustedProxies'],
): (exchange: Exchange) => Address | null {
  if (clientAddress === undefined) return clientAddressResolver({ trustedProxies });
  return (exchange) => {
    const address: unknown = clientAddress(exchange);
    return typeof address === 'string' ? parseAddress(address) : null;
  };
}

/** `token` of RFC 9110 section 5.6.2. */
const TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/** Words whose credentials are something else; a key behind one of them would be taken for that, or that for a key. */
const OTHER_SCHEMES: ReadonlySet<string> = new Set(['basic', 'bearer', 'digest', 'dpop', 'negotiate']);

/** Headers that hold other credentials, or that a browser sends by itself. */
const OTHER_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

const schemeOption: Reader<string> = (value, path) => {
  const scheme = text(value, path);
  if (!TOKEN.test(scheme)) throw wrong(path, 'one word, as in "Api-Key"', value);
  if (!OTHER_SCHEMES.has(scheme.toLowerCase())) return scheme;
  throw wrong(path, 'a word of its own: this one stands for another kind of credential', value);
};

const headerOption: Reader<string> = (value, path) => {
  const header = text(value, path).toLowerCase();
  if (!TOKEN.test(header)) throw wrong(path, 'the name of a header, as in "X-API-Key"', value);
  if (!OTHER_HEADERS.has(header)) return header;
  throw wrong(
    path,
    'a header of its own: this one holds other credentials',
    value,
    ' For Authorization give scheme.',
  );
};
