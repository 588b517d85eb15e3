import { authenticate } from '../../middleware/authenticate.ts';
import { ipAllowlist } from '../../middleware/ip-allowlist.ts';
import type { EntryGuard, Guard } from '../../core/decision.ts';
import type { Dialect } from '../../core/dialect.ts';
import { accountCheck } from '../../services/account-check.ts';
import { allowlists, type Allowlists } from '../../services/allowlists.ts';
import { sessionsOf, type Sessions } from '../../services/sessions.ts';
import { PAIR_CLAIMS, tokenPairs } from '../../services/token-pairs.ts';
import { JwtBearerStrategy } from '../../../strategies/jwt-bearer.ts';
import { clientAddressResolver } from '../../network/client-address.ts';
import { feedReader } from '../../tokens/feed-reader.ts';
import { revocationsOf } from '../../tokens/revocations.ts';
import { endpointTable, type System } from '../endpoints.ts';
import { b2bDialect } from './dialect.ts';
import { b2bEndpoints } from './endpoints.ts';
import { readB2bOptions, type B2bOptions } from './options.ts';
import { B2B_FORMAT, principalOf, revocationCheck, type B2bPrincipal } from './tokens.ts';

export type { B2bOptions, B2bUser } from './options.ts';
export type { B2bPrincipal } from './tokens.ts';

/** The B2B API: `POST /auth/login`, `/auth/refresh` and `/auth/logout`, and guards for the host's own routes. */
export interface B2bSystem extends System {
  /** The beginning of a guard for a protected route: `guard(b2b.authenticate(), b2b.ipAllowlist())`. */
  authenticate(): EntryGuard<B2bPrincipal>;
  /** Refuses requests from addresses that are not on the client's list; a client without a list may come from anywhere. */
  ipAllowlist(): Guard;
  /** How this system writes refusals. */
  readonly dialect: Dialect;
  /** Sessions of clients; the owner is the client id as text. */
  readonly sessions: Sessions;
  /** Allowlists of clients; the subject of client 7 is `client:7`. */
  readonly allowlists: Allowlists;
}

/**
 * Builds the B2B API over a store and a directory.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_weak`, `key_invalid`.
 */
export function b2bSystem(options: B2bOptions): B2bSystem {
  const config = readB2bOptions(options);
  const { store, directory, ring, clock, onEvent, accessSeconds } = config;
  const feed = feedReader({ store, clock, pollMs: config.feedPollMs, maxStaleMs: config.maxStaleMs });
  const revocations = revocationsOf(feed, clock);
  const sessions = sessionsOf({ store, feed, system: 'b2b', lifetimes: config, clock, onEvent });
  const pairs = tokenPairs({ ring, format: B2B_FORMAT, sessions, revocations, accessSeconds, clock });
  const lists = allowlists({ store, feed, clock });
  const dialect = b2bDialect();

  const strategy = new JwtBearerStrategy<B2bPrincipal>({
    name: 'b2b',
    algorithm: 'HS256',
    keys: ring,
    issuer: null,
    audience: null,
    subjectClaim: B2B_FORMAT.subjectClaim,
    tokenType: { claim: B2B_FORMAT.kindClaim, value: 'access' },
    requiredClaims: PAIR_CLAIMS,
    revoked: revocationCheck(
      revocations,
      accountCheck((id) => directory.findUser(id), config.accountCheck, clock),
      sessions,
    ),
    principal: principalOf,
    clock,
  });
  const entry: EntryGuard<B2bPrincipal> = { ...authenticate(strategy), dialect };

  const resolver = clientAddressResolver({ trustedProxies: config.trustedProxies, clock });
  const subjects = (clientId: number): string => `client:${clientId}`;
  const addressGuard = ipAllowlist({
    lists,
    subjects: (principal) => subjects((principal as B2bPrincipal).clientId),
    trustedProxies: config.trustedProxies,
    clientAddress: config.clientAddress,
  });

  const endpoints = b2bEndpoints({
    directory,
    sessions,
    pairs,
    entry,
    limitLogin: config.limitLogin,
    checkAddress: (clientId, exchange) => lists.check([subjects(clientId)], resolver(exchange)),
  });

  return {
    name: 'b2b',
    endpoints,
    handle: endpointTable(endpoints, { dialect, schemes: ['Bearer'], prefixes: ['/auth'], clock, onEvent }),
    close: () => feed.close(),
    authenticate: () => entry,
    ipAllowlist: () => addressGuard,
    dialect,
    sessions,
    allowlists: lists,
  };
}
