import { describe, expect, it } from 'vitest';
import { stopHostsAfterEach } from '../../../support/frameworks.ts';
import type { FormFields, Sent } from '../../../support/form-browser.ts';
import { startPages } from './pages-host.ts';
import { ADA, AUTHORIZE, browserOf, heading, problem, signInAt } from './walk.ts';

stopHostsAfterEach();

const COOKIE = 'portcullis-interaction';

describe('a form of the pages', () => {
  const FORGERIES: readonly (readonly [string, FormFields, Partial<Sent>])[] = [
    ['without a token', { token: undefined }, {}],
    ['with an empty token', { token: '' }, {}],
    ['with another token', { token: 'A'.repeat(43) }, {}],
    ['from another site', {}, { headers: { Origin: 'https://evil.example' } }],
    ['from a page without an origin', {}, { headers: { Origin: 'null' } }],
    ['without its cookie', {}, { headers: { Cookie: '' } }],
    ['with a cookie of another name', {}, { headers: { Cookie: '__Host-portcullis-interaction=x' } }],
  ];

  it.each(FORGERIES)('OS-17 %s approves nothing', async (_, fields, sent) => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const answer = await browser.submit('approve', fields, sent);
    expect([answer.status, heading(answer)]).toEqual([403, 'This page is out of date']);
    expect(host.script.calls.filter((call) => call.startsWith('approve'))).toEqual([]);
    expect(host.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'interaction_invalid' });
  });

  it.each(FORGERIES)('OS-16 %s connects no device', async (_, fields, sent) => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, '/oauth/device');
    await browser.submit('enter', { user_code: 'CSTNKCJG' });
    const answer = await browser.submit('approve', fields, sent);
    expect([answer.status, heading(answer)]).toEqual([403, 'This page is out of date']);
    expect(host.script.calls).not.toContain('device approve u1');
  });

  it.each(FORGERIES)(
    '%s signs nobody in, whatever its password, and shows the page again',
    async (_, fields, sent) => {
      const host = await startPages();
      const browser = browserOf(host);
      await browser.get(AUTHORIZE);
      const answer = await browser.submit('sign-in', { ...ADA, ...fields }, sent);
      expect([answer.status, problem(answer)]).toEqual([
        403,
        'This page was open for too long, or under another address than its own. Please sign in again.',
      ]);
      expect(host.script.calls).not.toContain('findLogin ada@acme.example');
      const next = await browser.submit('sign-in', ADA);
      expect(next.status).toBe(303);
    },
  );

  it('AU-12 signs nobody in from the address, nor from a form that came by GET', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await browser.get(AUTHORIZE);
    const token = /name="token" value="([^"]*)"/.exec(browser.page.text)?.[1] ?? '';
    const query = new URLSearchParams({ ...ADA, action: 'sign-in', token }).toString();
    expect(heading(await browser.get(`${AUTHORIZE}&${query}`))).toBe('Sign in');
    const empty = await browser.submit('sign-in', { username: undefined, password: undefined });
    expect([empty.status, problem(empty)]).toEqual([400, 'Enter your user name and your password.']);
    expect(host.script.calls).not.toContain('findLogin ada@acme.example');
  });

  it('SE-20 of another browser counts for nothing, nor does one of another request', async () => {
    const host = await startPages();
    const [mine, other] = [browserOf(host), browserOf(host)];
    await signInAt(mine, AUTHORIZE);
    await signInAt(other, AUTHORIZE);
    const stolen = /name="token" value="([^"]*)"/.exec(other.page.text)?.[1];
    expect((await mine.submit('approve', { token: stolen })).status).toBe(403);
    await signInAt(mine, `${AUTHORIZE}2`);
    const here = /name="token" value="([^"]*)"/.exec(mine.page.text)?.[1];
    await mine.get(AUTHORIZE);
    expect((await mine.submit('approve', { token: here })).status).toBe(403);
    expect(host.script.calls.filter((call) => call.startsWith('approve'))).toEqual([]);
  });

  it.each<[string, string, string, number]>([
    ['JSON', 'application/json', '{"action":"approve"}', 415],
    ['plain text', 'text/plain', 'action=approve', 415],
    ['multipart', 'multipart/form-data; boundary=b', '--b--', 415],
    ['nothing', 'application/x-www-form-urlencoded', '', 400],
    ['bytes that are no UTF-8', 'application/x-www-form-urlencoded', 'action=%FF', 403],
    ['a field twice', 'application/x-www-form-urlencoded', 'action=deny&action=approve', 400],
    ['an unknown action', 'application/x-www-form-urlencoded', 'action=destroy', 403],
    ['more than 64 KiB', 'application/x-www-form-urlencoded', `action=${'x'.repeat(65_536)}`, 413],
  ])('that is %s is refused with a page', async (_, type, body, status) => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const answer = await browser.submit('approve', {}, { headers: { 'Content-Type': type }, body });
    expect(answer.status).toBe(status);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(host.script.calls.filter((call) => call.startsWith('approve'))).toEqual([]);
  });

  it('is refused for an action that no button has', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const answer = await browser.submit('approve', { action: 'destroy' });
    expect([answer.status, heading(answer)]).toEqual([400, 'That could not be read']);
  });

  it.each([
    ['/oauth/authorize?state=1', 'approve'],
    ['/oauth/device', 'approve'],
    ['/oauth/device', 'enter'],
  ])('posted to %s by a browser that never was there does nothing', async (path, action) => {
    const host = await startPages();
    const answer = await host.send({
      method: 'POST',
      path,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `action=${action}&user_code=CSTNKCJG`,
    });
    expect(answer.status).toBe(403);
    expect(host.script.calls.filter((call) => !call.startsWith('read'))).toEqual([]);
  });
});

describe('the cookie of the pages', () => {
  it('SE-20 is refused when it comes twice, and nothing is done', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const [value = ''] = browser.cookies.values();
    for (const path of [AUTHORIZE, '/oauth/device']) {
      const answer = await browser.get(path, { Cookie: `${COOKIE}=${value}; ${COOKIE}=planted` });
      expect([answer.status, heading(answer)]).toEqual([403, 'Your browser sent two sign-ins']);
      expect(answer.header('set-cookie')).toBeUndefined();
    }
    expect(host.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'interaction_invalid' });
  });

  it('SE-20 signs nobody in when it is altered, expired, or from under another key', async () => {
    const host = await startPages();
    const other = await startPages({ sealing: { primary: 'Zm9hdb1zU8GpVXC0F7d3f3M5QkZDdXBwQ1J5b3pRS0U=' } });
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const [value = ''] = browser.cookies.values();
    const shown = async (cookie: string, where = host): Promise<string | undefined> =>
      heading(await where.send({ path: AUTHORIZE, headers: { Cookie: cookie } }));
    expect(await shown(`${COOKIE}=${value}`)).toBe('Let Ledger Sync use your account?');
    expect(await shown(`${COOKIE}=${value.slice(0, -2)}`)).toBe('Sign in');
    expect(await shown(`__Host-${COOKIE}=${value}`)).toBe('Sign in');
    expect(await shown(`${COOKIE}=${value}`, other)).toBe('Sign in');
    host.clock.advance(600);
    expect(await shown(`${COOKIE}=${value}`)).toBe('Sign in');
  });

  it('SE-20 is __Host- and Secure under https, and the one for plain http is not taken there', async () => {
    const host = await startPages({ webAppUrl: 'https://accounts.acme.example' });
    const browser = browserOf(host);
    const first = await browser.get(AUTHORIZE);
    expect(first.header('set-cookie')).toMatch(
      /^__Host-portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    const [[name, value] = ['', '']] = [...browser.cookies];
    const token = /name="token" value="([^"]*)"/.exec(browser.page.text)?.[1];
    const post = (cookie: string) =>
      browser.submit('sign-in', { ...ADA, token }, { headers: { Cookie: cookie } });
    expect((await post(`${COOKIE}=${value}`)).status).toBe(403);
    expect((await post(`${name}=${value}`)).status).toBe(303);
  });

  it('changes its secret when somebody signs in, so that whoever planted it knows no token', async () => {
    const host = await startPages();
    const attacker = browserOf(host);
    await attacker.get(AUTHORIZE);
    const known = /name="token" value="([^"]*)"/.exec(attacker.page.text)?.[1];
    const victim = browserOf(host);
    for (const [name, value] of attacker.cookies) victim.cookies.set(name, value);
    await signInAt(victim, AUTHORIZE);
    expect((await victim.submit('approve', { token: known })).status).toBe(403);
    expect(heading(await attacker.get(AUTHORIZE))).toBe('Sign in');
  });
});
