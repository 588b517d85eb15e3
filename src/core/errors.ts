import { isNativeError } from 'node:util/types';
import { REASONS, type ReasonCode } from './reasons.ts';

/** What a refusal carries besides its reason; every member may be shown to the caller. */
export interface AuthErrorDetails {
  /** The scopes that would have been enough (`scope_insufficient`). */
  readonly scopes?: readonly string[] | undefined;
  /** Whole seconds to wait (`rate_limited`, `dependency_unavailable`). */
  readonly retryAfterSeconds?: number | undefined;
  /** The methods that the path has (`method_not_allowed`). */
  readonly allow?: readonly string[] | undefined;
  /** The claim that a token lacks or that has the wrong form. */
  readonly claim?: string | undefined;
  /** The content type that was sent (`body_media_type`). */
  readonly mediaType?: string | undefined;
  /** What a body was instead of an object (`body_invalid`). */
  readonly received?: 'list' | 'string' | 'integer' | 'float' | 'boolean' | 'null' | undefined;
  /** Which token a refusal is about; absent: the one that the request is authenticated by. */
  readonly concerns?: TokenRole | undefined;
  /** The scheme by which the refused credential came, where the refusal challenges for that one. */
  readonly scheme?: string | undefined;
  /** What is wrong with each field of the body (`body_invalid`). */
  readonly fields?: Readonly<Record<string, FieldProblem>> | undefined;
}

/**
 * `refresh`: a token that was handed in to be exchanged. `inspected`: one that was handed in to be looked at. `ended`:
 * the one that the request is authenticated by, and asks to end.
 */
export type TokenRole = 'refresh' | 'inspected' | 'ended';

/** Why one field of a request body was refused. */
export type FieldProblem = 'missing' | 'blank' | 'null' | 'type' | 'value';

const AUTH_ERROR = Symbol.for('portcullis.AuthError');

/**
 * Why a request was refused. It is a value, not an exception: guards return it, dialects render it. It has no stack
 * and no message, since its {@link ReasonCode} says all there is to say and nothing secret can slip into a text.
 */
export class AuthError {
  readonly code: ReasonCode;
  readonly details: AuthErrorDetails;

  constructor(code: ReasonCode, details: AuthErrorDetails = NO_DETAILS) {
    this.code = code;
    this.details = details;
    Object.freeze(this);
  }

  /** The status of the reason table; a dialect may send another one. */
  get status(): number {
    return REASONS[this.code].status;
  }

  /** The page about the reason, as a path below `node_modules`; no dialect sends it. */
  get help(): string {
    return pageOf(this.code);
  }

  get [AUTH_ERROR](): true {
    return true;
  }
}

/** Where `docs/reference/errors` is in an installed package; `portcullis explain` prints the page of a code. */
function pageOf(code: ReasonCode | ConfigErrorCode | 'store_error'): string {
  return `portcullis/docs/reference/errors/${code}.md`;
}

const NO_DETAILS: AuthErrorDetails = Object.freeze({});

const plain = new Map<ReasonCode, AuthError>();

/** The refusal with this reason. Without details it is one shared value, so that refusing a flood allocates nothing. */
export function authError(code: ReasonCode, details?: AuthErrorDetails): AuthError {
  if (details !== undefined) return new AuthError(code, details);
  let error = plain.get(code);
  if (error === undefined) {
    error = new AuthError(code);
    plain.set(code, error);
  }
  return error;
}

/** The same refusal, said of a token in this role. */
export function concerning(role: TokenRole, error: AuthError): AuthError {
  return new AuthError(error.code, { ...error.details, concerns: role });
}

/** Whether a value is an {@link AuthError} of any installed copy of the package. */
export function isAuthError(value: unknown): value is AuthError {
  return (
    typeof value === 'object' && value !== null && (value as { [AUTH_ERROR]?: unknown })[AUTH_ERROR] === true
  );
}

/** What is wrong with a configuration. */
export type ConfigErrorCode =
  | 'option_missing'
  | 'option_unknown'
  | 'option_invalid'
  | 'option_conflict'
  | 'key_weak'
  | 'key_invalid'
  | 'chain_unguarded'
  | 'chain_invalid'
  | 'strategies_overlap'
  | 'systems_overlap'
  | 'not_guarded'
  | 'workspace_outside'
  | 'dependency_missing'
  | 'schema_outdated';

/**
 * A mistake in the wiring. It is thrown while guards, strategies and systems are built, never because of what a request
 * holds, and its message names the option and says how to mend it.
 */
export class ConfigError extends TypeError {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  /** The page about the code, as a path below `node_modules`. Node prints it with an error that nobody caught. */
  readonly help: string;

  constructor(code: ConfigErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.help = pageOf(code);
  }
}

const STORE_ERROR = Symbol.for('portcullis.StoreError');

/**
 * A dependency is down or did not answer in time. Guards and endpoints answer it with 503, never with a refusal that
 * would log people out. The underlying failure is in `cause` and is never sent to a caller.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** The page about outages, as a path below `node_modules`. Node prints it with an error that nobody caught. */
  readonly help: string = pageOf('store_error');
  /** Whole seconds after which trying again makes sense. */
  readonly retryAfterSeconds: number;

  constructor(message: string, options?: ErrorOptions & { readonly retryAfterSeconds?: number | undefined }) {
    super(message, options);
    this.retryAfterSeconds = options?.retryAfterSeconds ?? 1;
  }

  get [STORE_ERROR](): true {
    return true;
  }
}

/** Whether a value is a {@link StoreError} of any installed copy of the package. */
export function isStoreError(value: unknown): value is StoreError {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { [STORE_ERROR]?: unknown })[STORE_ERROR] === true
  );
}

/** Whether a value is an error of any realm; the sandbox of a test runner has constructors of its own. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error;
}

/** The refusal for something that was thrown: an outage is 503, anything unknown is 500. */
export function refusalOf(thrown: unknown): AuthError {
  if (isAuthError(thrown)) return thrown;
  if (isStoreError(thrown)) {
    return authError('dependency_unavailable', { retryAfterSeconds: thrown.retryAfterSeconds });
  }
  return authError('internal_error');
}
