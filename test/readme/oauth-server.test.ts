import { describe, expect, it } from 'vitest';
import { formBrowser } from '../support/form-browser.ts';
import { send } from '../support/http-client.ts';
import { itPerforms } from './performed-page.ts';

const PAGE = 'docs/guide/oauth-server.md';

describe(PAGE, () => {
  const steps = itPerforms({
    page: PAGE,
    startAt: Date.UTC(2027, 2, 1, 9),
    files: ['portcullis.db'],
    browse,
  });

  it('walks through every grant', () => {
    const commands = steps.flatMap(({ text }) => /grant_type=([\w:-]+)/.exec(text)?.[1] ?? []);
    expect(new Set(commands)).toEqual(
      new Set([
        'authorization_code',
        'refresh_token',
        'urn:ietf:params:oauth:grant-type:device_code',
        'client_credentials',
      ]),
    );
  });
});

/** What the page says: sign in as ada, and press Allow. */
async function browse(url: URL, port: number): Promise<string> {
  const browser = formBrowser({ send: (request) => send(port, request) }, url.origin);
  await browser.get(url.pathname + url.search);
  await browser.follow(
    await browser.submit('sign-in', { username: 'ada', password: 'correct horse battery' }),
  );
  if (url.pathname === '/oauth/device') await browser.submit('enter');
  const answer = await browser.submit('approve');
  return answer.header('location') ?? /<h1>([^<]*)/.exec(answer.text)?.[1] ?? '';
}
