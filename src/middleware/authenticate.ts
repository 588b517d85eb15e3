import { credentialReader, findOverlap } from '../core/credentials.ts';
import { allow, deny, type Decision, type EntryGuard, type Recognition } from '../core/decision.ts';
import { authError, ConfigError } from '../core/errors.ts';
import { chain, isPromise } from '../core/maybe-promise.ts';
import { flag, implementing, optional, parseOptions, text } from '../core/options.ts';
import { isPrincipal, type Principal } from '../core/principal.ts';
import type { CredentialStrategy } from '../core/strategy.ts';
import { schemesOf } from '../passport/credential-strategy.ts';

export interface AuthenticateOptions {
  /**
   * Lets requests without any credential of these strategies pass as nobody (`null`); default false. A credential that
   * was sent and is refused still ends the request.
   */
  readonly optional?: boolean | undefined;
}

type PrincipalOf<S> = S extends CredentialStrategy<infer P> ? P : never;
type Strategies = readonly [CredentialStrategy<Principal>, ...CredentialStrategy<Principal>[]];

/**
 * Finds out who a request is. The one credential that was sent is handed to the one strategy that claims it; that
 * strategy's answer is final, so that a refused credential is never rescued by another. A request with several
 * credentials is refused.
 *
 * @param args One or more strategies, and perhaps options at the end.
 * @throws {@link ConfigError} `strategies_overlap` when two strategies could take the same credential;
 *   `option_missing` or `option_invalid` when there is no strategy, or something else stands in its place.
 * @see RFC 9110 section 11, RFC 6750 section 2
 */
export function authenticate<const S extends Strategies>(...args: S): EntryGuard<PrincipalOf<S[number]>>;
export function authenticate<const S extends Strategies>(
  ...args: [...S, AuthenticateOptions & { readonly optional?: false | undefined }]
): EntryGuard<PrincipalOf<S[number]>>;
export function authenticate<const S extends Strategies>(
  ...args: [...S, AuthenticateOptions & { readonly optional: true }]
): EntryGuard<PrincipalOf<S[number]> | null>;
export function authenticate<const S extends Strategies>(
  ...args: [...S, AuthenticateOptions]
): EntryGuard<PrincipalOf<S[number]> | null>;
export function authenticate(...args: unknown[]): EntryGuard<Principal | null> {
  const last = args.at(-1);
  const hasOptions = args.length > 0 && !isStrategyLike(last);
  const { optional: isOptional } = parseOptions('authenticate', hasOptions ? last : {}, {
    optional: optional(flag, false),
  });
  const strategies = readStrategies(hasOptions ? args.slice(0, -1) : args);
  const claims = strategies.flatMap((strategy) => strategy.claims);
  const owners = strategies.flatMap((strategy) => strategy.claims.map(() => strategy));
  refuseOverlap(claims, owners);

  const ownerOf = new Map(
    claims.map((claim, index) => [claim, owners[index] as CredentialStrategy<Principal>]),
  );
  const readCredential = credentialReader(claims);
  const schemes = schemesOf(claims);

  return {
    name: 'authenticate',
    schemes,
    enterChain(exchange) {
      const reading = readCredential(exchange);
      if (reading.kind === 'refused') return deny(reading.error);
      if (reading.kind === 'absent') return isOptional ? allow(null) : deny(reading.error);
      const strategy = ownerOf.get(reading.claim) as CredentialStrategy<Principal>;
      const recognition = strategy.recognise(reading.credential, exchange);
      return isPromise(recognition) ? chain(recognition, toDecision) : toDecision(recognition);
    },
    describe: () => ({
      guard: 'authenticate',
      credentials: strategies.flatMap((strategy) =>
        strategy.claims.map((claim) => ({
          strategy: strategy.name,
          headers: claim.headers,
          scheme: claim.scheme,
          shape: claim.shape,
        })),
      ),
      optional: isOptional,
    }),
  };
}

/**
 * Says that a route is public on purpose. A chain without `authenticate` is refused unless it begins with this.
 *
 * @param reason Why; it stands in route listings, for whoever reviews them.
 */
export function open(reason: string): EntryGuard<null> {
  const because = text(reason, 'open(reason)');
  return {
    name: 'open',
    schemes: [],
    enterChain: () => ANONYMOUS,
    describe: () => ({ guard: 'open', reason: because }),
  };
}

const ANONYMOUS: Decision<null> = Object.freeze({ kind: 'allow', principal: null });

function toDecision(recognition: Recognition<Principal>): Decision<Principal> {
  switch (recognition.kind) {
    case 'authenticated':
      if (!isPrincipal(recognition.principal)) throw new TypeError('a strategy recognised nobody');
      return allow(recognition.principal, recognition.headers);
    case 'rejected':
      return deny(recognition.error, recognition.rule);
    case 'absent':
      // A strategy that was given its credential and finds none of its own in it has not recognised anybody.
      return deny(authError('credentials_missing'));
    default:
      throw new TypeError('a strategy returned no recognition');
  }
}

function readStrategies(values: readonly unknown[]): readonly CredentialStrategy<Principal>[] {
  if (values.length === 0) {
    throw new ConfigError(
      'option_missing',
      'authenticate: give at least one strategy, such as new JwtBearerStrategy({ … }).',
    );
  }
  const read = implementing<CredentialStrategy<Principal>>('a strategy of this package', 'recognise');
  return values.map((value, index) => read(value, `authenticate: argument ${index + 1}`));
}

function isStrategyLike(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return 'recognise' in value || 'authenticate' in value;
}

function refuseOverlap(
  claims: readonly CredentialStrategy<Principal>['claims'][number][],
  owners: readonly CredentialStrategy<Principal>[],
): void {
  const overlap = findOverlap(claims);
  if (overlap === null) return;
  const [a, b] = overlap;
  const where = claims[a]?.scheme ?? claims[a]?.headers[0];
  throw new ConfigError(
    'strategies_overlap',
    `authenticate: the strategies "${owners[a]?.name}" and "${owners[b]?.name}" could both take the same ${where} ` +
      'credential. Use one of them, give them different headers or schemes, or let one claim JWTs and the other opaque tokens.',
  );
}
