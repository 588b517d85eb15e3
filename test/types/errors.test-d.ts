/** Refusals, mistakes in the wiring and outages: three types that cannot be taken for one another. */
import {
  type AuthError,
  authError,
  ConfigError,
  deny,
  isAuthError,
  REASONS,
  StoreError,
  type AuthErrorDetails,
  type ConfigErrorCode,
  type FieldProblem,
  type ReasonCode,
} from 'portcullis';
import { expectTypeOf } from 'vitest';

/* A refusal is a value and no exception. */
const refusal = authError('scope_insufficient', { scopes: ['orders:read'] });
expectTypeOf(refusal).toEqualTypeOf<AuthError>();
expectTypeOf(refusal).not.toExtend<Error>();
expectTypeOf(refusal.code).toEqualTypeOf<ReasonCode>();
expectTypeOf(refusal.status).toEqualTypeOf<number>();
expectTypeOf(refusal.details).toEqualTypeOf<AuthErrorDetails>();
expectTypeOf(refusal.details.fields).toEqualTypeOf<Readonly<Record<string, FieldProblem>> | undefined>();

declare const thrown: unknown;
if (isAuthError(thrown)) expectTypeOf(thrown).toEqualTypeOf<AuthError>();
else expectTypeOf(thrown).toBeUnknown();

/* A result that may be a refusal is told apart by asking. */
declare const outcome: { readonly id: string } | AuthError;
if (!isAuthError(outcome)) expectTypeOf(outcome).toEqualTypeOf<{ readonly id: string }>();

/* Every reason is in the table, and nothing else. */
expectTypeOf<keyof typeof REASONS>().toEqualTypeOf<ReasonCode>();
expectTypeOf(REASONS.token_expired.status).toExtend<number>();
expectTypeOf<'token_expired'>().toExtend<ReasonCode>();

/* The other two are exceptions with members of their own. */
const mistake = new ConfigError('key_weak', 'the key is too short', { cause: thrown });
expectTypeOf(mistake).toExtend<TypeError>();
expectTypeOf(mistake.code).toEqualTypeOf<ConfigErrorCode>();
const outage = new StoreError('the engine is down', { cause: thrown, retryAfterSeconds: 5 });
expectTypeOf(outage).toExtend<Error>();
expectTypeOf(outage.retryAfterSeconds).toEqualTypeOf<number>();
expectTypeOf<ConfigErrorCode>().not.toExtend<ReasonCode>();

function meaningOf(error: ConfigError | StoreError | AuthError): string {
  if (error instanceof StoreError) return String(error.retryAfterSeconds);
  if (error instanceof ConfigError) return expectTypeOf(error).toEqualTypeOf<ConfigError>() && error.code;
  return error.details.claim ?? error.code;
}

/* What is wrong does not compile. */
// @ts-expect-error -- there is no such reason
authError('token_too_old');
// @ts-expect-error -- a detail that no dialect knows
authError('body_invalid', { message: 'the password was wrong' });
// @ts-expect-error -- a problem that no dialect knows
authError('body_invalid', { fields: { email: 'ugly' } });
// @ts-expect-error -- a code of the wiring is no reason
authError('option_missing');
// @ts-expect-error -- a reason is no code of the wiring
void new ConfigError('token_expired', 'text');
// @ts-expect-error -- a refusal does not change
refusal.code = 'token_expired';
// @ts-expect-error -- a guard denies with a refusal, not with an exception
deny(outage);
// @ts-expect-error -- nor with a code alone
deny('token_expired');

export { meaningOf };
