import type { Exchange } from '../../core/exchange.ts';
import { jsonReply, NO_STORE, type Reply } from '../../core/reply.ts';
import { newSessionData } from '../../services/session-data.ts';
import type { Identify } from '../endpoints.ts';
import type { JwtPairUser } from './options.ts';
import type { JwtPairParts } from './parts.ts';
import type { JwtPairSocialConfig } from './social-options.ts';
import { subjectOf } from './tokens.ts';

/** Signs a user in: a new session, its pair of tokens, and what the client shows of its user. */
export async function startSocialSession(
  parts: JwtPairParts,
  { directory }: JwtPairSocialConfig,
  exchange: Exchange,
  user: JwtPairUser,
  identify: Identify,
): Promise<Reply> {
  identify({ kind: 'user', id: user.id, workspace: user.workspace });
  // Asked first, so that no session is left over when it fails.
  const { email, firstName = '', lastName = '' } = await directory.profileOf(user);
  const family = await parts.sessions.start(
    user.id,
    newSessionData(user.id, exchange, parts.addressOf(exchange)),
  );
  const { access, refresh } = parts.pairs.issue(family, subjectOf(user));
  const about = { pk: user.id, email, first_name: firstName, last_name: lastName };
  return jsonReply(200, { access, refresh, user: about }, NO_STORE);
}
