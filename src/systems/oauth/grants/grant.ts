import type { AuthError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { Reply } from '../../../core/reply.ts';
import type { OAuthClient } from '../../../services/oauth-clients/document.ts';
import type { Parameters } from '../parameters.ts';
import type { OAuthParts } from '../parts.ts';

/** A request of the token endpoint whose application is known and may use the grant type. */
export interface TokenRequest {
  readonly exchange: Exchange;
  readonly parameters: Parameters;
  readonly client: OAuthClient;
}

/** What one grant type makes of a request. */
export type Grant = (parts: OAuthParts, request: TokenRequest) => Promise<Reply | AuthError>;
