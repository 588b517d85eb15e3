import { describe, expect, it } from 'vitest';
import { oauthPages, type OAuthPagesOptions } from '../../../../src/systems/oauth/pages/pages.ts';
import { complaint } from '../../../support/complaint.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { stopHostsAfterEach } from '../../../support/frameworks.ts';
import { fakeInteraction, script } from './fake-interaction.ts';
import { startPages } from './pages-host.ts';
import { AUTHORIZE, browserOf } from './walk.ts';

stopHostsAfterEach();

const KEY = 'mSI0bxWm0xvV0jYHyaZr8hqEtkI4mGSkB1FSb7jUUpw=';

function built(options: Partial<OAuthPagesOptions>, webAppUrl: string = 'https://acme.example'): string {
  return complaint(() => {
    const pages = oauthPages({ sealing: { primary: KEY }, ...options });
    pages.endpoints(fakeInteraction(script(), { webAppUrl, clock: movableClock() }));
  });
}

describe('oauthPages', () => {
  it.each<[Partial<OAuthPagesOptions>, string]>([
    [
      { sealing: undefined as never },
      'option_missing: oauthPages.sealing is required: give the keys, as { primary: key }.',
    ],
    [{ sealing: { primary: 'short' } }, 'key_invalid: oauthPages.sealing.primary must be 32 bytes, not 3.'],
    [{ sealing: { primary: 'x'.repeat(43) } }, 'key_weak: oauthPages.sealing.primary is text or a pattern'],
    [
      { accentColor: 'red' },
      'option_invalid: oauthPages.accentColor must be a colour such as "#2f5bea", not a string.',
    ],
    [{ accentColor: '#12345' }, 'option_invalid: oauthPages.accentColor'],
    [{ accentColor: '#2f5bea;}body{display:none' }, 'option_invalid: oauthPages.accentColor'],
    [{ logo: 'https://acme.example/logo.png' }, 'option_invalid: oauthPages.logo must be an image as'],
    [{ logo: 'data:text/html;base64,PHNjcmlwdD4=' }, 'option_invalid: oauthPages.logo'],
    [{ logo: 'data:image/png;base64,AAAA" onerror="x' }, 'option_invalid: oauthPages.logo'],
    [{ logo: `data:image/png;base64,${'A'.repeat(66_000)}` }, 'option_invalid: oauthPages.logo'],
    [
      { name: '' },
      'option_invalid: oauthPages.name must be a string that is not empty, not an empty string.',
    ],
    [
      { rememberSignInSeconds: 601 },
      'option_invalid: oauthPages.rememberSignInSeconds must be a whole number from 0 to 600',
    ],
    [
      { onwardOrigins: ['https://app.example/path'] },
      'option_invalid: oauthPages.onwardOrigins[0] must be an origin',
    ],
    [
      { onwardOrigins: ["https://a.example; script-src 'unsafe-inline'"] },
      'option_invalid: oauthPages.onwardOrigins[0]',
    ],
    [{ onwardOrigins: ['*'] }, 'option_invalid: oauthPages.onwardOrigins[0]'],
    [
      { acentColor: '#000' } as never,
      'option_unknown: oauthPages: unknown option "acentColor"; did you mean "accentColor"?',
    ],
  ])('refuses %j', (options, message) => {
    expect(built(options)).toContain(message);
  });

  it('refuses plain http, but for a loopback address and when it is asked for', () => {
    const refused = 'option_invalid: oauthPages.origin must begin with https://.';
    expect(built({}, 'http://127.0.0.1:3000')).toContain(refused);
    expect(built({ dangerouslyAllowPlainHttp: true }, 'http://accounts.acme.example')).toContain(refused);
    expect(built({ dangerouslyAllowPlainHttp: true }, 'http://127.0.0.1:3000')).toBe('nothing was thrown');
  });

  it('takes the host of its address for the name, and short colours', async () => {
    const host = await startPages({
      name: undefined,
      accentColor: '#0a5',
      webAppUrl: 'https://id.acme.example/x',
    });
    const { text } = await browserOf(host).get(AUTHORIZE);
    expect(text).toContain('<title>Sign in - id.acme.example</title>');
    expect(text).toContain('--fill:#00aa55;');
  });

  it('leads back to a path that the pages stand under', async () => {
    const host = await startPages({ webAppUrl: 'https://acme.example/tenant' });
    const browser = browserOf({ ...host, origin: 'https://acme.example' });
    await browser.get(AUTHORIZE);
    const answer = await browser.submit('sign-in', {
      username: 'ada@acme.example',
      password: 'correct horse',
    });
    expect(answer.header('location')).toBe(`https://acme.example/tenant${AUTHORIZE}`);
  });
});
