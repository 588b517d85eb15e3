import type { Demonstration } from '../api.ts';
import { getLine } from '../samples.ts';

/** @param kinds The kinds of connections that the environment names the providers of. */
export function connectionsDemonstration(kinds: readonly string[]): Demonstration {
  return {
    json: () => ({}),
    samples: (url, demo) =>
      kinds.length === 0
        ? [
            '# Connections to Google Ads and Meta Ads are off: set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or',
            '# FACEBOOK_CLIENT_ID and FACEBOOK_CLIENT_SECRET.',
          ]
        : [
            `# Connections to ads accounts (${kinds.join(', ')}), for people: ${url}/connections`,
            ...(demo === null ? [] : [getLine(url, '/api/v1/connections/', 'Bearer $JWT')]),
          ],
  };
}
