import type { InteractionPages } from '../interaction.ts';
import { authorizePage } from './authorize-page.ts';
import { devicePage } from './device-page.ts';
import { readOAuthPagesOptions, type OAuthPagesOptions } from './options.ts';
import { pageDesk } from './page-desk.ts';

export type { OAuthPagesOptions } from './options.ts';

/**
 * The ready pages of the OAuth server, for its option `pages`: sign-in with the host's directory, consent, the code of a
 * device, and errors. They are plain HTML that works without scripts, with a keyboard, in light and in dark.
 *
 * A sign-in counts for the one request that it was made for. What browsers hold meanwhile is one sealed cookie of ten
 * minutes that no other route accepts. Refused are forms of another browser or site, pages in frames, and a cookie that
 * comes twice.
 *
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`; and when the system is built,
 *   `key_invalid`, `key_weak`, and `option_invalid` for a `webAppUrl` that is not https.
 * @example
 * ```ts
 * const oauth = oauthSystem({ ..., pages: oauthPages({ sealing: { primary: key }, name: 'Acme' }) });
 * ```
 */
export function oauthPages(options: OAuthPagesOptions): InteractionPages {
  const config = readOAuthPagesOptions(options);
  return {
    endpoints(interaction) {
      const desk = pageDesk(interaction, config);
      return [...authorizePage(desk), ...devicePage(desk)];
    },
  };
}
