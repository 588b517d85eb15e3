import type { User } from '../core/directory.ts';
import { authError, type AuthError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import type { Claims, Principal } from '../core/principal.ts';
import {
  actingOfClaims,
  generationOf,
  hasPlainActor,
  PAIR_CLAIMS,
  type PairFormat,
} from '../services/pair-claims.ts';
import { tokenPairs, type TokenPairs } from '../services/token-pairs.ts';
import { signingRing } from '../tokens/keys-option.ts';
import type { Revocable } from '../tokens/revocations.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import type { PairConfig } from './pair-options.ts';
import { sessionParts, type SessionParts } from './session-parts.ts';

/** How a system's tokens name whom they are for. */
export interface PairNaming<U extends User, P extends Principal> {
  readonly format: PairFormat;
  /** Whether the scheme word `Bearer` must be spelled so; default false. */
  readonly exactSchemeCase?: boolean | undefined;
  /** The owner of the session that a token belongs to. */
  readonly ownerOf: (claims: Claims) => string;
  /** The user that the directory is asked about. */
  readonly userIdOf: (claims: Claims) => string;
  readonly workspaceOf: (claims: Claims) => string | null;
  /** What must hold of the user of a token besides being active; `null` when it does. */
  readonly judgeUser?: ((user: U, claims: Claims) => AuthError | null) | undefined;
  /** The principal of verified claims; `null` when this system issues no such token. */
  readonly principalOf: (claims: Claims) => MaybePromise<P | null>;
}

/** What a system that issues pairs of JWTs is put together from. */
export interface PairParts<U extends User, P extends Principal> extends SessionParts<U> {
  readonly pairs: TokenPairs;
  readonly strategy: JwtBearerStrategy<P>;
  /** Whether a token that was verified has been revoked. */
  revoked(claims: Claims): MaybePromise<AuthError | null>;
}

/** Puts the services together: one feed, one set of sessions, one issuer, one strategy for each system. */
export function pairParts<U extends User, P extends Principal>(
  system: string,
  owner: string,
  config: PairConfig<U>,
  naming: PairNaming<U, P>,
): PairParts<U, P> {
  const { clock, accessSeconds } = config;
  const { format, ownerOf, userIdOf, workspaceOf, judgeUser, principalOf } = naming;
  const longestSeconds = Math.max(accessSeconds, config.refreshSeconds);
  const ring = signingRing(owner, config.keys, config.algorithm, longestSeconds);
  const [algorithm = config.algorithm] = ring.algorithms;
  const parts = sessionParts(system, owner, config, () => ring.fresh?.());
  const { sessions, revocations, accounts } = parts;

  function revoked(claims: Claims): MaybePromise<AuthError | null> {
    const token = toRevocable(claims, sessions.ownerKey(ownerOf(claims)), workspaceOf(claims));
    return token === null ? authError('token_claim_invalid') : revocations.check(token);
  }

  function gone(claims: Claims): MaybePromise<AuthError | null> {
    const refusal = accounts.check(
      userIdOf(claims),
      judgeUser === undefined ? undefined : (user) => judgeUser(user, claims),
    );
    const { actor } = actingOfClaims(claims);
    if (actor === undefined) return refusal;
    // Who acts must be there as well; the caller, who presents the user's token, is told no more than that it is over.
    return chain(
      refusal,
      (userIsGone) => userIsGone ?? chain(accounts.check(actor.id), (left) => left && TOKEN_REVOKED),
    );
  }

  return {
    ...parts,
    pairs: tokenPairs({ ring, format, sessions, revocations, accessSeconds, clock }),
    revoked,
    strategy: new JwtBearerStrategy<P>({
      name: system,
      exactSchemeCase: naming.exactSchemeCase,
      // The ring says which algorithms there are; naming one of them is a formality.
      algorithm,
      keys: ring,
      issuer: null,
      audience: null,
      subjectClaim: format.subjectClaim,
      tokenType: { claim: format.kindClaim, value: 'access' },
      requiredClaims: PAIR_CLAIMS,
      revoked: (claims) => chain(revoked(claims), (refusal) => refusal ?? gone(claims)),
      principal: principalOf,
      clock,
    }),
  };
}

/** What of a token can be revoked; `null` for a token that lacks it, which is none of ours. */
function toRevocable(claims: Claims, owner: string, workspace: string | null): Revocable | null {
  const { av } = claims as { av?: unknown };
  const generation = generationOf(claims);
  if (generation === null || typeof av !== 'number' || !hasPlainActor(claims)) return null;
  const actorSessionId = actingOfClaims(claims).actor?.sessionId;
  return { sessionId: String(claims['sid']), generation, owner, workspace, authVersion: av, actorSessionId };
}

const TOKEN_REVOKED = authError('token_revoked');
