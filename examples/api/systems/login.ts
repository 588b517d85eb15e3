import type { Demonstration, Mounted } from '../api.ts';
import type { Host } from '../host.ts';
import { LOGIN_PATH, loginPage } from '../login-page.ts';
import { ownUrl } from '../own-url.ts';

/** The page at `/login`, on which people sign in with whatever is configured. */
export function login({ environment }: Host, url: string | null): Mounted {
  const { google, facebook, redirectUris } = environment.providers;
  const pageUrl = ownUrl(environment, url) + LOGIN_PATH;
  const isConfigured = google !== null || facebook?.login === true;
  const demonstration: Demonstration = {
    json: () =>
      isConfigured ? { social: { redirect_uri: redirectUris[0] ?? pageUrl, login_url: pageUrl } } : {},
    samples: () => [
      isConfigured
        ? `# A page for people: sign in at ${pageUrl}`
        : `# A page for people: ${pageUrl} (with GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET also by Google; with` +
          ' FACEBOOK_CLIENT_ID, FACEBOOK_CLIENT_SECRET and FACEBOOK_LOGIN=1 by Facebook)',
    ],
  };
  return {
    system: loginPage([
      ...(google === null ? [] : ['google' as const]),
      ...(facebook?.login === true ? ['facebook' as const] : []),
    ]),
    routes: [],
    endSessions: () => Promise.resolve(),
    demonstration,
    close: () => Promise.resolve(),
  };
}
