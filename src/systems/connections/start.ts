import { isAuthError, type AuthError } from '../../core/errors.ts';
import { randomToken } from '../../core/secrets.ts';
import type { BrowserState } from '../../services/interactions.ts';
import { BROWSER, type ConnectionsParts } from './parts.ts';

/** What a member asks for: their browser goes to a provider, and comes back to one of the host's addresses. */
export interface AskedConnection {
  readonly kind: string;
  readonly workspace: string;
  readonly user: string;
  readonly returnTo: string | null;
}

/** Begins a connection that only this browser can finish. @returns Where to send it, with what it has to hold until then. */
export async function startConnection(
  { connections, callbackUrlOf }: ConnectionsParts,
  state: BrowserState,
  asked: AskedConnection,
): Promise<AuthError | { readonly authorizationUrl: string; readonly state: BrowserState }> {
  // The same secret for all tabs of a browser, so that none of them disturbs another.
  const known = state.find(BROWSER);
  const browser = typeof known === 'string' ? known : randomToken(256);
  const started = await connections.start({ ...asked, callbackUrl: callbackUrlOf(asked.kind), browser });
  if (isAuthError(started)) return started;
  return { authorizationUrl: started.authorizationUrl, state: state.with(BROWSER, browser) };
}
