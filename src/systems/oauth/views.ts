import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import type { ApplicationView } from './interaction.ts';

/** What people may see of an application. */
export function toApplicationView({ clientId, name, owner }: OAuthClient): ApplicationView {
  return { clientId, name, owner };
}
