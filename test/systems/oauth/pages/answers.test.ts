import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { stopHostsAfterEach } from '../../../support/frameworks.ts';
import type { HttpAnswer } from '../../../support/http-client.ts';
import { REFUSED } from './fake-interaction.ts';
import { startPages } from './pages-host.ts';
import { AUTHORIZE, browserOf, heading, signInAt } from './walk.ts';

stopHostsAfterEach();

/** Every header that a page is made of, but for its cookie and its length. */
function pageHeaders(answer: HttpAnswer): Record<string, string | undefined> {
  const names = [
    'content-type',
    'content-security-policy',
    'cache-control',
    'pragma',
    'x-frame-options',
    'x-content-type-options',
    'referrer-policy',
    'cross-origin-resource-policy',
  ];
  return Object.fromEntries(names.map((name) => [name, answer.header(name)]));
}

function expected(answer: HttpAnswer, formAction: string): Record<string, string> {
  const css = /<style>([\s\S]*?)<\/style>/.exec(answer.text)?.[1] ?? '';
  const hash = createHash('sha256').update(css).digest('base64');
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${hash}'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

describe('every page', () => {
  it('OS-17 forbids scripts, frames, caches and forms that lead elsewhere, and allows no other site to read it', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    const toLedger = "'self' https://ledger.northwind.example";
    const pages: [HttpAnswer, string][] = [
      [await browser.get(AUTHORIZE), toLedger],
      [await browser.submit('sign-in', { username: 'x', password: 'y' }), toLedger],
      [await signInAt(browser, AUTHORIZE), toLedger],
      [await browser.submit('approve', { token: '' }), "'none'"],
      [await browser.get('/oauth/device'), "'self'"],
      [await signInAt(browser, '/oauth/device'), "'self'"],
      [await browser.submit('enter', { user_code: 'CSTNKCJG' }), "'self'"],
      [await browser.submit('approve'), "'none'"],
    ];
    host.script.reading = REFUSED;
    pages.push([await browser.get(AUTHORIZE), "'none'"]);
    for (const [answer, formAction] of pages) {
      expect(pageHeaders(answer)).toEqual(expected(answer, formAction));
      expect(answer.everything.toLowerCase()).not.toMatch(
        /access-control|<script|javascript:|\son\w+=|style="/,
      );
      expect(answer.text.replaceAll(/<style>[\s\S]*?<\/style>/g, '')).not.toMatch(
        /(?:src|href|action)="[^"]/,
      );
    }
  });

  it.each<[string, readonly string[], string]>([
    ['https://ledger.example/cb?x=1', [], "'self' https://ledger.example"],
    ['http://127.0.0.1:8123/cb', [], "'self' http://127.0.0.1:8123"],
    ['http://[::1]:8123/cb', [], "'self' http:"],
    ['com.example.ledger:/cb', [], "'self' com.example.ledger:"],
    [
      'https://ledger.example/cb',
      ['https://app.example'],
      "'self' https://ledger.example https://app.example",
    ],
    ['https://ledger.example/cb', ['https:'], "'self' https://ledger.example https:"],
  ])('names where its forms lead: %s and %s', async (redirectUri, onwardOrigins, formAction) => {
    const host = await startPages({ onwardOrigins: onwardOrigins.length === 0 ? undefined : onwardOrigins });
    host.script.redirectUri = redirectUri;
    const answer = await browserOf(host).get(AUTHORIZE);
    expect(answer.header('content-security-policy')).toContain(`; form-action ${formAction}; `);
  });

  it('shows a logo without letting images in from elsewhere', async () => {
    const host = await startPages({ logo: 'data:image/png;base64,iVBORw0KGgo=' });
    const answer = await browserOf(host).get(AUTHORIZE);
    expect(answer.text).toContain('<img src="data:image/png;base64,iVBORw0KGgo=" alt="" />');
    expect(answer.header('content-security-policy')).toContain("; img-src data:; form-action 'self'");
  });
});

describe('names that attack', () => {
  const EVIL = `"><img src=x onerror=alert(1)><script>alert(1)</script>\u202Egnp.exe'&\``;

  it('are text, wherever they come from', async () => {
    const host = await startPages({ name: EVIL });
    Object.assign(host.script, {
      application: { clientId: EVIL, name: EVIL, owner: EVIL },
      scopes: [{ name: EVIL, description: EVIL }],
      team: EVIL,
      serviceAccount: true,
    });
    host.script.users.set('u1', { id: 'u1', active: true, name: EVIL, password: 'x' });
    const browser = browserOf(host);
    const path = `/oauth/authorize?client_id=${encodeURIComponent(EVIL)}&state=${encodeURIComponent(EVIL)}"><script>`;
    const evil = { username: EVIL, password: 'x' };
    const answers = [
      await browser.get(path),
      await browser.submit('sign-in', { username: EVIL, password: 'wrong' }),
      await browser.follow(await browser.submit('sign-in', evil)),
    ];
    await browser.get(`/oauth/device?user_code=${encodeURIComponent(EVIL)}`);
    answers.push(
      await browser.follow(await browser.submit('sign-in', evil)),
      await browser.submit('enter', { user_code: EVIL }),
      await browser.submit('enter', { user_code: 'CSTNKCJG' }),
    );
    for (const answer of answers) {
      expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.text).not.toMatch(/<img|<script|\u202E/);
      expect(answer.text).toContain('&#34;&#62;&#60;img src=x onerror=alert(1)&#62;');
    }
    expect(heading(answers[2] as HttpAnswer)).toContain('work for');
  });

  it('never make a header of their own', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await browser.get(`${AUTHORIZE}%0d%0aX-Evil:1&x=%0d%0aSet-Cookie:a=b`);
    const answer = await browser.submit('sign-in', {
      username: 'ada@acme.example',
      password: 'correct horse',
    });
    expect(answer.header('location')).toBe(`${host.origin}${AUTHORIZE}%0d%0aX-Evil:1&x=%0d%0aSet-Cookie:a=b`);
    expect(answer.header('x-evil')).toBeUndefined();
    expect(answer.lines('set-cookie')).toHaveLength(1);
  });
});

describe('other methods', () => {
  it.each(['/oauth/authorize', '/oauth/device'])(
    'at %s are refused, HEAD too, which would act unseen',
    async (path) => {
      const host = await startPages();
      for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH']) {
        const answer = await host.send({ method, path: `${path}?state=1` });
        expect([answer.status, answer.header('allow')]).toEqual([405, 'GET, POST']);
      }
      expect(host.script.calls).toEqual([]);
    },
  );

  it('leave OPTIONS to the host, and say nothing of CORS', async () => {
    const host = await startPages();
    const answer = await host.send({
      method: 'OPTIONS',
      path: AUTHORIZE,
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(answer.status).toBe(404);
    expect(answer.everything.toLowerCase()).not.toContain('access-control');
  });
});
