import { systemClock, type Clock } from '../src/core/clock.ts';
import type { Credential } from '../src/core/credentials.ts';
import type { Recognition } from '../src/core/decision.ts';
import { authError, ConfigError, isAuthError, type AuthError } from '../src/core/errors.ts';
import { chain, isPromise, type MaybePromise } from '../src/core/maybe-promise.ts';
import {
  callback,
  flag,
  implementing,
  integer,
  listOf,
  nullable,
  oneOf,
  optional,
  parseOptions,
  text,
  type Reader,
  wrong,
} from '../src/core/options.ts';
import { isPrincipal, type Claims, type Principal } from '../src/core/principal.ts';
import { CredentialPassportStrategy } from '../src/passport/credential-strategy.ts';
import {
  accountCheck,
  DEFAULT_ACCOUNT_CHECK,
  readAccountCheckPolicy,
  type AccountCheck,
  type AccountCheckPolicy,
  type FindAccount,
} from '../src/services/account-check.ts';
import { passportJwtSignature } from '../src/services/passport-jwt-signature.ts';
import { JWT_ALGORITHMS, type JwtAlgorithm } from '../src/tokens/algorithms.ts';
import type { AudienceOf } from '../src/tokens/claims.ts';

import { jwtVerifier, type JwtVerifier } from '../src/tokens/jwt-verifier.ts';
import { keySource, type KeysOption } from '../src/tokens/keys-option.ts';

export type { AudienceOf } from '../src/tokens/claims.ts';
export type { JwtAlgorithm } from '../src/tokens/algorithms.ts';
export type { KeyInput } from '../src/tokens/key-material.ts';
export type { KeysOption } from '../src/tokens/keys-option.ts';
export type { RingKeyInput } from '../src/tokens/ring-keys.ts';

export interface JwtBearerOptions<P extends Principal = Principal> {
  /** The algorithm of every key that does not name its own. It is pinned here and never read from a token. */
  readonly algorithm: JwtAlgorithm;
  /** What tokens are verified with: a secret, a PEM or JWK, several of them with `kid`, or a key source. */
  readonly keys: KeysOption;
  /** Who issues the tokens, compared exactly; `null` when they name no issuer, and one that does is then refused. */
  readonly issuer: string | readonly string[] | null;
  /**
   * Whom the tokens are for; one must match exactly. `null` when they name nobody, and one that does is then refused. A
   * function gives the one audience that a token must name by its other claims; what it returns `null` for is refused.
   */
  readonly audience: string | readonly string[] | AudienceOf | null;
  /** Passport's name of the strategy; default `jwt-bearer`. */
  readonly name?: string | undefined;
  /** Header names that may carry the token; default `Authorization` alone. */
  readonly headers?: string | readonly string[] | undefined;
  /** Whether `Bearer` must be spelled so; default false, since RFC 9110 section 11.1 lets it be in any case. */
  readonly exactSchemeCase?: boolean | undefined;
  /** The header's `typ`; default `JWT`, which a token may leave out. */
  readonly typ?: string | undefined;
  /** The claim that names the party; default `sub`. */
  readonly subjectClaim?: string | undefined;
  /**
   * The claim that tells a token's kind, and the value of the kind that is accepted here. By default a token that calls
   * itself anything but an access token in `typ`, `token_type` or `token_use` is refused.
   */
  readonly tokenType?: { readonly claim: string; readonly value: string } | undefined;
  /** Further claims that must be there, each a string; none by default. `exp` and the subject always must. */
  readonly requiredClaims?: readonly string[] | undefined;
  /** How long past `exp` a token is accepted, 0 to 60 seconds; default 0. */
  readonly expiryLeewaySeconds?: number | undefined;
  /** How far ahead of this machine's clock `iat` and `nbf` may be, 0 to 60 seconds; default 60. */
  readonly clockSkewSeconds?: number | undefined;
  /**
   * Makes the principal of verified claims; `null` refuses the token as `subject_unknown`. It is called on each
   * request. By default the subject becomes a user with the scopes of `scope` or `scopes` and the workspace of `ws`.
   */
  readonly principal?: ((claims: Claims) => MaybePromise<P | null>) | undefined;
  /** Looks the party up, so that tokens of unknown and inactive ones are refused; without it they live to `exp`. */
  readonly findUser?: FindAccount | undefined;
  /** How fresh the answer of `findUser` must be; default `{ maxAgeSeconds: 5 }`. */
  readonly accountCheck?: AccountCheckPolicy | undefined;
  /**
   * Asked on each request whether a token has been revoked; `null` lets it pass. What it throws is an outage, and the
   * request is refused with 503. Without it tokens live to `exp`.
   */
  readonly revoked?: ((claims: Claims) => MaybePromise<AuthError | null>) | undefined;
  /** The most verified tokens that are remembered; default 10,000, and 0 switches it off. */
  readonly cacheSize?: number | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Recognises `Authorization: Bearer <JWT>`. A strict gate stands in front of passport-jwt and jsonwebtoken; the
 * signature is verified by them, the claims here. Verified tokens are remembered under their SHA-256, and expiry and
 * account are still checked on each request.
 *
 * Under `passport.use` a refusal is Passport's bare text: no dialect, and a challenge with 401 only. The guide
 * `docs/guide/plain-passport.md` says what else is different there.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `option_conflict`, `key_weak`,
 *   `key_invalid`.
 * @see RFC 6750 section 2.1, RFC 7519, RFC 8725
 */
export class JwtBearerStrategy<P extends Principal = Principal> extends CredentialPassportStrategy<P> {
  private readonly verifier: JwtVerifier<Recognised>;
  private readonly clock: Clock;
  private readonly accounts: AccountCheck | null;
  private readonly revoked: ((claims: Claims) => MaybePromise<AuthError | null>) | null;
  private readonly makePrincipal: ((claims: Claims) => MaybePromise<P | null>) | null;

  constructor(options: JwtBearerOptions<P>) {
    const parsed = parse(options);
    super(parsed.name, [
      {
        headers: parsed.headers.map((header) => header.toLowerCase()),
        scheme: 'Bearer',
        exactSchemeCase: parsed.exactSchemeCase,
        shape: 'jwt',
        value: 'word',
      },
    ]);
    const keys = keySource(OWNER, parsed.keys, parsed.algorithm);
    const makePrincipal = parsed.principal;
    this.makePrincipal = makePrincipal ?? null;
    this.clock = parsed.clock;
    this.revoked = parsed.revoked ?? null;
    this.accounts =
      parsed.findUser === undefined ? null : accountCheck(parsed.findUser, parsed.accountCheck, parsed.clock);
    this.verifier = jwtVerifier<Recognised>({
      keys,
      typ: parsed.typ,
      clock: parsed.clock,
      cacheSize: parsed.cacheSize,
      checkSignature: passportJwtSignature(),
      profile: {
        issuers: parsed.issuer,
        audiences: parsed.audience,
        subjectClaim: parsed.subjectClaim,
        tokenType: parsed.tokenType ?? null,
        required: parsed.requiredClaims,
        expiryLeewaySeconds: parsed.expiryLeewaySeconds,
        clockSkewSeconds: parsed.clockSkewSeconds,
      },
      shape: (claims) => recognised(claims, String(claims[parsed.subjectClaim])),
    });
  }

  // These steps are written without callbacks where there is no promise, since they run on every request.
  override recognise(credential: Credential): MaybePromise<Recognition<P>> {
    const now = this.clock.now();
    const verified = this.verifier.verify(credential.value, now);
    return isPromise(verified) ? verified.then((late) => this.judge(late, now)) : this.judge(verified, now);
  }

  private judge(verified: Recognised | AuthError, now: number): MaybePromise<Recognition<P>> {
    if (isAuthError(verified)) return rejected(verified);
    if (this.revoked === null) return this.admit(verified, now);
    const refusal = this.revoked(verified.claims);
    if (isPromise(refusal)) {
      return chain(refusal, (late) => (late === null ? this.admit(verified, now) : rejected(late)));
    }
    return refusal === null ? this.admit(verified, now) : rejected(refusal);
  }

  private admit(verified: Recognised, now: number): MaybePromise<Recognition<P>> {
    if (this.accounts === null) return this.identify(verified);
    const refusal = this.accounts.check(verified.subject, undefined, now);
    if (isPromise(refusal)) {
      return refusal.then((late) => (late === null ? this.identify(verified) : rejected(late)));
    }
    return refusal === null ? this.identify(verified) : rejected(refusal);
  }

  private identify(verified: Recognised): MaybePromise<Recognition<P>> {
    if (this.makePrincipal === null) return verified.recognition as Recognition<P>;
    return chain(this.makePrincipal(verified.claims), (principal) => namedBy(principal));
  }
}

const OWNER = 'JwtBearerStrategy';

/** A verified token and what it is recognised as, made once and remembered with it. */
interface Recognised {
  readonly claims: Claims;
  readonly subject: string;
  readonly recognition: Recognition<Principal>;
}

function recognised(claims: Claims, subject: string): Recognised {
  const workspace = claims['ws'];
  const sessionId = claims['sid'];
  const principal: Principal = Object.freeze({
    kind: 'user',
    id: subject,
    workspace: typeof workspace === 'string' ? workspace : null,
    scopes: scopesOf(claims),
    sessionId: typeof sessionId === 'string' ? sessionId : undefined,
    claims,
  });
  return { claims, subject, recognition: Object.freeze({ kind: 'authenticated', principal }) };
}

/** Scopes stand in `scope`, blank-separated (RFC 8693 section 4.2), or in a list called `scopes`. */
function scopesOf(claims: Claims): readonly string[] {
  const { scope, scopes } = claims as { scope?: unknown; scopes?: unknown };
  if (typeof scope === 'string') return Object.freeze(scope.split(' ').filter((each) => each !== ''));
  if (Array.isArray(scopes)) return Object.freeze(scopes.filter((each) => typeof each === 'string'));
  return Object.freeze([]);
}

/** A callback that finds nobody may also return nothing; one that returns something else is broken. */
function namedBy<P>(principal: P | null | undefined): Recognition<P> {
  if (principal === null || principal === undefined) return rejected(authError('subject_unknown'));
  if (isPrincipal(principal)) return { kind: 'authenticated', principal };
  throw new TypeError(`${OWNER}.principal must return a principal, which has a kind and an id, or null`);
}

function rejected(error: AuthError): { readonly kind: 'rejected'; readonly error: AuthError } {
  return { kind: 'rejected', error };
}

const listOfText = listOf(text);

const audienceOption: Reader<readonly string[] | AudienceOf> = (value, path) =>
  typeof value === 'function' ? (value as AudienceOf) : listOfText(value, path);

/** An option whose check is only switched off by writing so; the message of a missing one says how. */
function stated<T>(must: string, read: Reader<T>): Reader<T> {
  return (value, path) => {
    if (value === undefined) throw wrong(path, must, value);
    return read(value, path);
  };
}

const tokenTypeOption: Reader<{ readonly claim: string; readonly value: string }> = (value, path) =>
  parseOptions(path, value, { claim: text, value: text });

const anything: Reader<unknown> = (value) => value;

function parse<P extends Principal>(options: JwtBearerOptions<P>) {
  const parsed = parseOptions(OWNER, options, {
    algorithm: oneOf(...JWT_ALGORITHMS),
    keys: anything,
    issuer: stated('the issuer of the tokens, or null for tokens that name none', nullable(listOfText)),
    audience: stated(
      'what the tokens must be made for, or null for tokens that name no audience',
      nullable(audienceOption),
    ),
    name: optional(text, 'jwt-bearer'),
    headers: optional(listOfText, ['authorization']),
    exactSchemeCase: optional(flag, false),
    typ: optional(text, 'JWT'),
    subjectClaim: optional(text, 'sub'),
    tokenType: optional(tokenTypeOption),
    requiredClaims: optional(listOfText, []),
    expiryLeewaySeconds: optional(integer(0, 60), 0),
    clockSkewSeconds: optional(integer(0, 60), 60),
    principal: optional(callback<(claims: Claims) => MaybePromise<P | null>>()),
    findUser: optional(callback<FindAccount>()),
    revoked: optional(callback<(claims: Claims) => MaybePromise<AuthError | null>>()),
    accountCheck: optional(readAccountCheckPolicy, undefined),
    cacheSize: optional(integer(0, 10_000_000), 10_000),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  if (parsed.accountCheck !== undefined && parsed.findUser === undefined) {
    throw new ConfigError(
      'option_conflict',
      `${OWNER}.accountCheck says how often to ask findUser; give findUser as well.`,
    );
  }
  return { ...parsed, accountCheck: parsed.accountCheck ?? DEFAULT_ACCOUNT_CHECK };
}
