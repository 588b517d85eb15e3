import type { Credential } from '../src/core/credentials.ts';
import type { Recognition } from '../src/core/decision.ts';
import { authError, isAuthError, type AuthError } from '../src/core/errors.ts';
import { chain, type MaybePromise } from '../src/core/maybe-promise.ts';
import { callback, flag, listOf, optional, parseOptions, text } from '../src/core/options.ts';
import type { Principal } from '../src/core/principal.ts';
import type { HeaderLine } from '../src/core/reply.ts';
import { CredentialPassportStrategy } from '../src/passport/credential-strategy.ts';

/** Finds whom an opaque token stands for; it gets the token as it was sent, and nothing longer than 512 characters. */
export type FindByToken<P extends Principal> = (token: string) => MaybePromise<P | AuthError | null>;

export interface OpaqueBearerOptions<P extends Principal = Principal> {
  /**
   * Looks the token up, by its hash, and gives the principal; `null` for an unknown one, or the refusal that says more.
   * What it throws is an outage, and the request is refused with 503 or 500.
   */
  readonly find: FindByToken<P>;
  /** Passport's name of the strategy; default `opaque-bearer`. */
  readonly name?: string | undefined;
  /**
   * Header names that may carry the token; default `Authorization` alone. With several, the same token in two of them
   * is one credential, and two different tokens are refused.
   */
  readonly headers?: string | readonly string[] | undefined;
  /** Whether `Bearer` must be spelled so; default false. */
  readonly exactSchemeCase?: boolean | undefined;
}

/**
 * Recognises `Bearer` tokens that are no JWTs by looking them up. It stands beside the JWT bearer strategy in one
 * `authenticate`: each takes the tokens of its own form.
 *
 * Under `passport.use` a refusal is Passport's bare text: no dialect, and a challenge with 401 only. The guide
 * `docs/guide/plain-passport.md` says what else is different there.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`.
 * @see RFC 6750 section 2.1
 */
export class OpaqueBearerStrategy<P extends Principal = Principal> extends CredentialPassportStrategy<P> {
  private readonly find: FindByToken<P>;
  private readonly answerHeaders: readonly HeaderLine[] | undefined;

  constructor(options: OpaqueBearerOptions<P>) {
    const { find, name, headers, exactSchemeCase } = parseOptions('OpaqueBearerStrategy', options, {
      find: callback<FindByToken<P>>(),
      name: optional(text, 'opaque-bearer'),
      headers: optional(listOf(text), ['authorization']),
      exactSchemeCase: optional(flag, false),
    });
    const names = headers.map((header) => header.toLowerCase());
    super(name, [{ headers: names, scheme: 'Bearer', exactSchemeCase, shape: 'opaque', value: 'word' }]);
    this.find = find;
    this.answerHeaders = uncached(headers);
  }

  override recognise(credential: Credential): MaybePromise<Recognition<P>> {
    const { value } = credential;
    if (value.length > MAX_TOKEN_CHARACTERS || !TOKEN.test(value)) return MALFORMED;
    return chain(this.find(value), (found) => this.toRecognition(found));
  }

  private toRecognition(found: P | AuthError | null): Recognition<P> {
    if (found === null) return { kind: 'rejected', error: authError('token_revoked') };
    if (isAuthError(found)) return { kind: 'rejected', error: found };
    return { kind: 'authenticated', principal: found, headers: this.answerHeaders };
  }
}

const MAX_TOKEN_CHARACTERS = 512;

/** `b64token` of RFC 6750 section 2.1. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

const MALFORMED: Recognition<never> = { kind: 'rejected', error: authError('token_malformed') };

/**
 * Caches know that `Authorization` makes an answer private (RFC 9111 section 3.5), and know nothing of any other header.
 */
function uncached(headers: readonly string[]): readonly HeaderLine[] | undefined {
  if (headers.every((header) => header.toLowerCase() === 'authorization')) return undefined;
  return [
    ['Cache-Control', 'no-store'],
    ['Vary', headers.join(', ')],
  ];
}
