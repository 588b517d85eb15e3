import { authError, AuthError, isAuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import type { OAuthClientAuthentication } from '../../services/oauth-clients/authentication.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import { malformed, missing, type Parameters } from './parameters.ts';

/** Whether a request that brings no secret of an application that has one is refused for it. */
export type SecretDemand = 'demanded' | 'if-sent';

/**
 * Finds out which application a request is from: by Basic, or by `client_id` and `client_secret` in the body, and never by
 * both.
 *
 * @returns `credentials_repeated` and `body_invalid` for what is no single attempt; otherwise a refusal that names the
 *   scheme `Basic` where the header was used, so that it is challenged for.
 * @see RFC 6749 sections 2.3 and 5.2
 */
export async function authenticateClient(
  clients: OAuthClientAuthentication,
  exchange: Exchange,
  parameters: Parameters,
  demand: SecretDemand,
): Promise<OAuthClient | AuthError> {
  const lines = exchange.headerLines('authorization');
  if (lines.length > 1) return authError('credentials_repeated');
  const clientId = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const [line] = lines;
  if (line === undefined || line === '') {
    if (clientId === undefined) return missing('client_id');
    const client = await clients.authenticate(clientId, secret);
    const isLetOff = demand === 'if-sent' && isAuthError(client) && client.code === 'client_secret_missing';
    return isLetOff ? clients.identify(clientId) : client;
  }
  if (line.includes(',')) return authError('credentials_joined');
  if (secret !== undefined) return malformed('client_secret');
  const attempts = readBasic(line);
  if (attempts === null) return authError('client_scheme_unsupported', BY_BASIC);
  let refusal: AuthError | undefined;
  for (const attempt of attempts) {
    if (clientId !== undefined && clientId !== attempt.clientId) {
      refusal ??= malformed('client_id');
      continue;
    }
    // An empty password is what clients send that have none.
    const client = await clients.authenticate(attempt.clientId, attempt.secret || undefined);
    if (!isAuthError(client)) return client;
    refusal ??= new AuthError(client.code, BY_BASIC);
  }
  return refusal ?? authError('client_scheme_unsupported', BY_BASIC);
}

const BY_BASIC = { scheme: 'Basic' } as const;

interface Attempt {
  readonly clientId: string;
  readonly secret: string;
}

/**
 * What the header may mean: both parts are form-encoded (RFC 6749 section 2.3.1), and clients that do not know that send
 * them raw.
 */
function readBasic(line: string): readonly Attempt[] | null {
  const encoded = BASIC.exec(line)?.[1];
  if (encoded === undefined) return null;
  const decoded = decodeUtf8(Buffer.from(encoded, 'base64'));
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded === null || colon < 1) return null;
  const raw = { clientId: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
  const clientId = decodeForm(raw.clientId);
  const secret = decodeForm(raw.secret);
  if (clientId === null || secret === null) return [raw];
  return clientId === raw.clientId && secret === raw.secret ? [raw] : [{ clientId, secret }, raw];
}

const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;

function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function decodeForm(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
