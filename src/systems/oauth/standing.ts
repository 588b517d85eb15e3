import type { Clock } from '../../core/clock.ts';
import { authError, type AuthError } from '../../core/errors.ts';
import { chain, type MaybePromise } from '../../core/maybe-promise.ts';
import {
  accountCheck,
  DEFAULT_ACCOUNT_CHECK,
  type AccountCheck,
  type AccountCheckPolicy,
} from '../../services/account-check.ts';
import { CLIENT_FEED, SERVICE_ACCOUNT_FEED } from '../../services/oauth-clients/administration.ts';
import type { OAuthClients } from '../../services/oauth-clients/contract.ts';
import type { ServiceAccountRecords } from '../../services/oauth-clients/service-accounts.ts';
import type { Sessions } from '../../services/sessions/contract.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import type { Revocations } from '../../tokens/revocations.ts';
import type { AccessClaims, Subject, SubjectKind } from './principal.ts';

/** The sessions of those who can have any. Those of users and of service accounts never mix, whatever their ids. */
export interface GrantSessions {
  readonly user: Sessions;
  readonly service_account: Sessions;
}

/** Judges on each request whether what an access token stands on still stands. */
export interface Standing {
  /** `null` when it does; at once when all of it is in memory. */
  check(claims: AccessClaims): MaybePromise<AuthError | null>;
  /** How the owner of a token stands in the store and in the feed. */
  ownerKey(subject: Subject): string;
}

export interface StandingParts {
  readonly clients: Pick<OAuthClients, 'find'>;
  readonly serviceAccounts: Pick<ServiceAccountRecords, 'find'>;
  readonly users: AccountCheck;
  readonly sessions: GrantSessions;
  readonly revocations: Revocations;
  readonly feed: FeedReader;
  readonly clock: Clock;
  /** How fresh what is known of users must be; applications and service accounts are asked about at least now and then. */
  readonly policy: AccountCheckPolicy;
}

export function standing(parts: StandingParts): Standing {
  const { clients, serviceAccounts, users, sessions, revocations, feed, clock, policy } = parts;
  const ownPolicy = policy === 'at-issue' ? DEFAULT_ACCOUNT_CHECK : policy;
  const applications = accountCheck(async (id) => stateOf(await clients.find(id)), ownPolicy, clock);
  const accounts = accountCheck(async (id) => stateOf(await serviceAccounts.find(id)), ownPolicy, clock);
  feed.subscribe(({ key }) => {
    if (key.startsWith(CLIENT_FEED)) applications.forget(key.slice(CLIENT_FEED.length));
    if (key.startsWith(SERVICE_ACCOUNT_FEED)) accounts.forget(key.slice(SERVICE_ACCOUNT_FEED.length));
  });

  function ownerKey({ kind, id }: Subject): string {
    return kind === 'client' ? `oauth-client:${id}` : sessions[kind].ownerKey(id);
  }

  /** Whether the party that is acted for is still there. */
  function checkSubject(kind: SubjectKind, id: string, version: number): MaybePromise<AuthError | null> {
    if (kind === 'user') return users.check(id);
    if (kind === 'service_account') return accounts.check(id, (state) => judgeVersion(state, version));
    return null;
  }

  return {
    ownerKey,
    check({ sub, sub_kind: kind, sid, gen, av, ws, client_id: clientId }) {
      const revoked = revocations.check({
        sessionId: sid,
        generation: gen,
        owner: ownerKey({ kind, id: sub }),
        workspace: ws ?? null,
        authVersion: av,
      });
      return chain(
        revoked,
        (refusal) =>
          refusal ??
          chain(
            applications.check(clientId, (state) => judgeVersion(state, av)),
            (ended) => ended ?? checkSubject(kind, sub, av),
          ),
      );
    },
  };
}

interface State {
  readonly active: boolean;
  /** What was issued until then is over; `null` when nothing is. */
  readonly endedAt: number | null;
}

function stateOf(
  found: { readonly disabledAt: number | null; readonly endedAt: number | null } | null,
): State | null {
  return found === null ? null : { active: found.disabledAt === null, endedAt: found.endedAt };
}

function judgeVersion({ endedAt }: State, version: number): AuthError | null {
  return endedAt !== null && version <= endedAt ? authError('token_revoked') : null;
}
