import type { User } from '../core/directory.ts';
import { clientAddressFinder, type ClientAddressFinder } from '../middleware/client-address.ts';
import { accountCheck, type AccountCheck } from '../services/account-check.ts';
import { loginVerifier, type LoginVerifier } from '../services/login.ts';
import { sessionsOf } from '../services/sessions.ts';
import type { Sessions } from '../services/sessions/contract.ts';
import { feedReader, type FeedReader } from '../tokens/feed-reader.ts';
import { revocationsOf, type Revocations } from '../tokens/revocations.ts';
import type { SessionConfig } from './session-options.ts';

/** What every system with logins and sessions is put together from. */
export interface SessionParts<U extends User> {
  readonly feed: FeedReader;
  readonly revocations: Revocations;
  readonly sessions: Sessions;
  readonly accounts: AccountCheck<U>;
  readonly addressOf: ClientAddressFinder;
  readonly verifyLogin: LoginVerifier<U>;
}

/**
 * Puts the services together: one feed, one set of sessions, one way to sign in for each system.
 *
 * @param owner The factory whose options these are; it begins every message.
 * @param ready Awaited before a session starts, for keys that are loaded.
 */
export function sessionParts<U extends User>(
  system: string,
  owner: string,
  config: SessionConfig<U>,
  ready?: () => void | Promise<void>,
): SessionParts<U> {
  const { store, directory, clock, onEvent } = config;
  const feed = feedReader({ store, clock, pollMs: config.feedPollMs, maxStaleMs: config.maxStaleMs });
  const { trustedProxies, clientAddress, onUntrustedForward } = config;
  const addressOf = clientAddressFinder(owner, { trustedProxies, clientAddress, onUntrustedForward, clock });
  return {
    feed,
    addressOf,
    revocations: revocationsOf(feed, clock),
    sessions: sessionsOf({ store, feed, system, lifetimes: config, clock, onEvent, ready }),
    accounts: accountCheck((id) => directory.findUser(id), config.accountCheck, clock),
    verifyLogin: loginVerifier({ system, directory, limiter: config.loginLimiter, addressOf }),
  };
}
