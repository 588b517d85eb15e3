import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../../src/core/errors.ts';
import type { LoginAttempt, LoginLimiter } from '../../../../src/services/login.ts';
import { stopHostsAfterEach } from '../../../support/frameworks.ts';
import type { HttpAnswer } from '../../../support/http-client.ts';
import { REFUSED } from './fake-interaction.ts';
import { startPages } from './pages-host.ts';
import { ADA, AUTHORIZE, browserOf, heading, problem, signInAt } from './walk.ts';

stopHostsAfterEach();

const CALLBACK = 'https://ledger.northwind.example/oauth/callback';

function location(answer: HttpAnswer): string | undefined {
  return answer.status === 303 ? answer.header('location') : undefined;
}

describe('the sign-in page', () => {
  it('OS-17 stands in front of everything: without a sign-in there is no consent and no code', async () => {
    const host = await startPages();
    host.script.agreed = true;
    const answer = await host.send({ path: AUTHORIZE });
    expect([answer.status, heading(answer)]).toEqual([200, 'Sign in']);
    expect(host.script.calls).toEqual(['read client_id=ledger&state=s1']);
  });

  it('refuses unknown names, wrong passwords and inactive users alike, and keeps the name that was typed', async () => {
    const host = await startPages();
    host.script.users.set('u2', { id: 'u2', active: false, name: 'gone', password: 'right' });
    const browser = browserOf(host);
    await browser.get(AUTHORIZE);
    const pages = [];
    for (const [username, password] of [
      ['nobody', 'x'],
      [ADA.username, 'x'],
      ['gone', 'right'],
    ] as const) {
      const answer = await browser.submit('sign-in', { username, password });
      expect(answer.status).toBe(400);
      expect(host.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'login_failed' });
      expect(answer.text).toContain(`value="${username}"`);
      expect(answer.text).not.toContain(`value="${password}"`);
      pages.push(answer.text.replace(`value="${username}"`, ''));
    }
    expect(new Set(pages).size).toBe(1);
    expect(problem({ text: pages[0] as string })).toBe('The user name or the password is not right.');
  });

  it('is held to the limits of logins, with the time to wait', async () => {
    const attempts: LoginAttempt[] = [];
    const limiter: LoginLimiter = {
      check: (attempt) => {
        attempts.push(attempt);
        return 61.5;
      },
      failed: () => undefined,
      succeeded: () => undefined,
    };
    const host = await startPages({ limiter });
    const browser = browserOf(host);
    await browser.get(AUTHORIZE);
    const answer = await browser.submit('sign-in', ADA);
    expect([answer.status, answer.header('retry-after')]).toEqual([429, '62']);
    expect(problem(answer)).toBe('Too many tries. Wait 62 seconds, then try again.');
    expect(attempts).toMatchObject([{ system: 'oauth', name: ADA.username }]);
    expect(host.script.calls).not.toContain(`findLogin ${ADA.username}`);
  });

  it('asks again for what was left empty', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await browser.get(AUTHORIZE);
    const answer = await browser.submit('sign-in', { username: '', password: '' });
    expect([answer.status, problem(answer)]).toEqual([400, 'Enter your user name and your password.']);
  });

  it('signs in for this one request', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    expect(heading(await signInAt(browser, AUTHORIZE))).toBe('Let Ledger Sync use your account?');
    expect(heading(await browser.get(AUTHORIZE))).toBe('Let Ledger Sync use your account?');
    expect(heading(await browser.get(`${AUTHORIZE}2`))).toBe('Sign in');
    expect(heading(await browser.get('/oauth/device'))).toBe('Sign in');
  });

  it('signs in for all requests of as many seconds as were asked for', async () => {
    const host = await startPages({ rememberSignInSeconds: 300 });
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    expect(heading(await browser.get(`${AUTHORIZE}2`))).toBe('Let Ledger Sync use your account?');
    expect(heading(await browser.get('/oauth/device'))).toBe('Connect a device');
    expect(location(await browser.submit('switch'))).toBe(`${host.origin}/oauth/device`);
    expect(heading(await browser.get(`${AUTHORIZE}2`))).toBe('Sign in');
    await signInAt(browser, `${AUTHORIZE}3`);
    host.clock.advance(300);
    expect(heading(await browser.get(`${AUTHORIZE}2`))).toBe('Sign in');
  });
});

describe('the consent page', () => {
  it('OS-19 names the application, its owner, the scopes in words, who is signed in and where it leads', async () => {
    const host = await startPages();
    const { text } = await signInAt(browserOf(host), AUTHORIZE);
    const words = text.replaceAll(/<(?:style|svg)[\s\S]*?<\/(?:style|svg)>/g, '').replaceAll(/<[^>]*>/g, ' ');
    expect(words.replaceAll(/\s+/g, ' ')).toContain(
      'Let Ledger Sync use your account? An application by Northwind Analytics It will be able to ' +
        'Read your research notes and companies Add and change research notes See which custom fields your team has ' +
        'Signed in as ada@acme.example Use another account Sends you to ledger.northwind.example Deny Allow',
    );
  });

  it('says of a service account for whom it acts', async () => {
    const host = await startPages();
    Object.assign(host.script, { serviceAccount: true, team: 'Atlas Research' });
    const answer = await signInAt(browserOf(host), AUTHORIZE);
    expect(heading(answer)).toBe('Let Ledger Sync work for Atlas Research?');
    expect(answer.text.replaceAll(/\s+/g, ' ')).toContain('a service account of the team, not as you');
  });

  it.each([
    ['approve', `${CALLBACK}?code=fresh`, { outcome: 'allowed', reason: null }],
    ['deny', `${CALLBACK}?error=access_denied`, { outcome: 'denied', reason: 'consent_denied' }],
  ])('OS-17 answers %s with 303, tells of it, and the sign-in ends', async (action, expected, told) => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const answer = await browser.submit(action);
    expect([answer.status, answer.header('location'), answer.text]).toEqual([303, expected, '']);
    expect(answer.header('cache-control')).toBe('no-store');
    expect(host.events.at(-1)).toMatchObject({ ...told, principal: { kind: 'user', id: 'u1' } });
    expect(heading(await browser.get(AUTHORIZE))).toBe('Sign in');
  });

  it('goes on at once where the user has agreed before', async () => {
    const host = await startPages();
    host.script.agreed = true;
    const answer = await signInAt(browserOf(host), AUTHORIZE);
    expect(location(answer)).toBe(`${CALLBACK}?code=remembered`);
  });

  it('lets one of two answers through, also of two at once', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const twice = await Promise.all([
      browser.submit('approve'),
      browser.submit('approve'),
      browser.submit('deny'),
    ]);
    const ours = `${host.origin}${AUTHORIZE}`;
    expect(twice.map(location).filter((each) => each !== ours)).toHaveLength(1);
    expect(host.script.calls.filter((call) => /^(?:approve|deny)/.test(call))).toHaveLength(1);
  });

  it('lets somebody else sign in', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    const answer = await browser.follow(await browser.submit('switch'));
    expect(heading(answer)).toBe('Sign in');
    expect(heading(await browser.get(AUTHORIZE))).toBe('Sign in');
  });

  it('asks who is there again when the user is switched off meanwhile', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, AUTHORIZE);
    host.script.users.set('u1', { id: 'u1', active: false, name: 'ada', password: 'x' });
    expect(heading(await browser.get(AUTHORIZE))).toBe('Sign in');
  });
});

describe('the device page', () => {
  it('OS-16 wants a sign-in, the code and an answer, and connects once', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    expect(heading(await browser.get('/oauth/device'))).toBe('Sign in');
    expect(heading(await signInAt(browser, '/oauth/device'))).toBe('Connect a device');
    expect(heading(await browser.submit('enter', { user_code: 'cstn-kcjg' }))).toBe('Connect Ledger Sync?');
    const done = await browser.submit('approve');
    expect([done.status, heading(done)]).toEqual([200, 'Your device is connected']);
    expect(host.script.calls.slice(-2)).toEqual(['lookup CSTNKCJG u1', 'device approve u1']);
    expect(heading(await browser.get('/oauth/device'))).toBe('Sign in');
  });

  it('RFC 8628 3.3.1 fills in the code of the address, and neither looks it up nor decides by itself', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    const answer = await signInAt(browser, '/oauth/device?user_code=CSTN-KCJG');
    expect(answer.text).toContain('value="CSTN-KCJG"');
    expect(host.script.calls.some((call) => call.startsWith('lookup'))).toBe(false);
    for (const query of ['user_code=%22%3E%3Cscript%3E', 'user_code=A&user_code=B', 'user_code=1234']) {
      expect((await browser.get(`/oauth/device?${query}`)).text).toMatch(/name="user_code"\s+value=""/);
    }
  });

  it('denies', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, '/oauth/device');
    await browser.submit('enter', { user_code: 'CSTNKCJG' });
    expect(heading(await browser.submit('deny'))).toBe('The device was not connected');
    expect(host.script.calls.at(-1)).toBe('device deny u1');
    expect(host.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'consent_denied' });
  });

  it('says of a wrong code that it is not valid, and of the next ones how long to wait', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, '/oauth/device');
    const wrong = await browser.submit('enter', { user_code: 'BBBBBBBB' });
    expect(wrong.status).toBe(400);
    expect(problem(wrong)).toMatch(/^This code is not valid\./);
    host.script.deviceReading = { kind: 'wait', retryAfterSeconds: 42 };
    const wait = await browser.submit('enter', { user_code: 'BBBBBBBB' });
    expect([wait.status, wait.header('retry-after'), problem(wait)]).toEqual([
      429,
      '42',
      'Too many wrong codes. Wait 42 seconds, then try again.',
    ]);
    expect(host.events.slice(-2).map(({ reason }) => reason)).toEqual(['not_found', 'rate_limited']);
  });

  it('OS-16 says of a code that was answered twice that it is not valid', async () => {
    const host = await startPages();
    const browser = browserOf(host);
    await signInAt(browser, '/oauth/device');
    await browser.submit('enter', { user_code: 'CSTNKCJG' });
    const answers = await Promise.all([browser.submit('approve'), browser.submit('approve')]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });
});

describe('a request that cannot go on', () => {
  it('OS-04 is a page for people and JSON for programs, and leads nowhere', async () => {
    const host = await startPages();
    host.script.reading = REFUSED;
    const page = await browserOf(host).get(`${AUTHORIZE}&redirect_uri=https://evil.example`);
    expect([page.status, heading(page)]).toEqual([400, 'This link does not work']);
    expect(page.text).toContain('invalid_request');
    expect(page.everything).not.toContain('evil.example');
    const answer = await host.send({ path: AUTHORIZE });
    expect([answer.status, answer.header('content-type'), answer.json()]).toEqual([
      400,
      'application/json',
      {
        error: 'invalid_request',
        error_description: 'The redirect URI is not registered for this application.',
      },
    ]);
    expect(host.events.map(({ reason }) => reason)).toEqual(['body_invalid', 'body_invalid']);
  });

  it.each(['findLogin', 'resume', 'approve'])('tells the application of an outage in %s', async (at) => {
    const host = await startPages();
    const browser = browserOf(host);
    await browser.get(AUTHORIZE);
    host.script.fails = { at, error: new StoreError('down') };
    const first = await browser.submit('sign-in', ADA);
    const shown = at === 'findLogin' ? first : await browser.follow(first);
    const last = at === 'approve' ? await browser.submit('approve') : shown;
    expect(location(last)).toBe(`${CALLBACK}?error=temporarily_unavailable`);
    expect(host.events.at(-1)).toMatchObject({ outcome: 'failed', reason: 'dependency_unavailable' });
  });

  it.each<[string, string, Error, number]>([
    ['read', AUTHORIZE, new StoreError('a secret of the store', { retryAfterSeconds: 3 }), 503],
    ['read', AUTHORIZE, new TypeError('a secret of the host'), 500],
    [
      'findActiveUser',
      '/oauth/device',
      new StoreError('a secret of the store', { retryAfterSeconds: 3 }),
      503,
    ],
  ])(
    'shows a page that says nothing of why when %s breaks and there is nobody to tell',
    async (at, path, error, status) => {
      const host = await startPages({ rememberSignInSeconds: 600 });
      const browser = browserOf(host);
      await signInAt(browser, AUTHORIZE);
      host.script.fails = { at, error };
      const page = await browser.get(path);
      expect([page.status, heading(page)]).toEqual([status, 'Something went wrong here']);
      expect(page.header('retry-after')).toBe(status === 503 ? '3' : undefined);
      expect(page.everything).not.toContain('secret');
      const answer = await host.send({
        path,
        headers: { Cookie: [...browser.cookies].map((pair) => pair.join('=')).join() },
      });
      expect([answer.status, answer.header('content-type')]).toEqual([status, 'application/json']);
    },
  );
});
