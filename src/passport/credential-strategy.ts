import { challengesFor } from '../core/challenge.ts';
import {
  credentialReader,
  type Credential,
  type CredentialClaim,
  type CredentialReading,
} from '../core/credentials.ts';
import { withDeadline } from '../core/deadline.ts';
import { ABSENT, type Recognition } from '../core/decision.ts';
import type { AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { CredentialStrategy } from '../core/strategy.ts';
import { actionsOf, actOn } from './run-strategy.ts';
import { exchangeOf, type NativeRequest } from './request-view.ts';

/**
 * What the credential strategies of the package have in common: each is at once a {@link CredentialStrategy}, which
 * `authenticate` drives directly, and a Passport strategy for `passport.use`. Its state is plain properties, since
 * Passport runs a named strategy through an object that inherits from it, where `#private` names cannot be read.
 */
export abstract class CredentialPassportStrategy<P> implements CredentialStrategy<P> {
  readonly name: string;
  readonly claims: readonly CredentialClaim[];
  private readonly readCredential: (exchange: Exchange) => CredentialReading;

  constructor(name: string, claims: readonly CredentialClaim[]) {
    this.name = name;
    this.claims = claims;
    this.readCredential = credentialReader(claims);
  }

  abstract recognise(credential: Credential, exchange: Exchange): MaybePromise<Recognition<P>>;

  /**
   * Passport's entry. A refusal becomes `fail` with the challenge and the status of its reason; an outage becomes
   * `error`, so that it is not taken for bad credentials, and so does whatever takes longer than 10 seconds.
   */
  authenticate(request: NativeRequest): void {
    const actions = actionsOf(this);
    actOn(
      actions,
      () => withDeadline(this.recogniseRequest(exchangeOf(request)), DEADLINE_MS, this.name),
      (recognition) => {
        if (recognition.kind === 'authenticated') actions.success(recognition.principal);
        else if (recognition.kind === 'absent') actions.fail(this.challenge(undefined), 401);
        else actions.fail(this.challenge(recognition.error), recognition.error.status);
      },
    );
  }

  private recogniseRequest(exchange: Exchange): MaybePromise<Recognition<P>> {
    const reading = this.readCredential(exchange);
    if (reading.kind === 'absent') return ABSENT;
    if (reading.kind === 'refused') return { kind: 'rejected', error: reading.error };
    return this.recognise(reading.credential, exchange);
  }

  private challenge(error: AuthError | undefined): string {
    const schemes = schemesOf(this.claims);
    if (error === undefined || schemes.length === 0) return schemes[0] ?? 'Bearer';
    return challengesFor(error, schemes, null)[0] ?? (schemes[0] as string);
  }
}

/** Passport itself would wait for ever. */
const DEADLINE_MS = 10_000;

/** The schemes that claims can be challenged for, each once, in order. */
export function schemesOf(claims: readonly CredentialClaim[]): readonly string[] {
  const schemes = new Map<string, string>();
  for (const { scheme } of claims) if (scheme !== null) schemes.set(scheme.toLowerCase(), scheme);
  return [...schemes.values()];
}
