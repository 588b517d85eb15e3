import { describe, expect, it } from 'vitest';
import { requireScopes } from '../../../../src/middleware/require-scopes.ts';
import { guard } from '../../../../src/node.ts';
import { ADA, BEN, startOAuth, type OAuthStage } from '../../../browser/oauth-stage.ts';
import { formBrowser, type FormBrowser } from '../../../support/form-browser.ts';
import { listen, stopHostsAfterEach } from '../../../support/frameworks.ts';
import type { HttpAnswer } from '../../../support/http-client.ts';
import { heading, problem } from './walk.ts';

stopHostsAfterEach();

async function signedIn(stage: OAuthStage, path: string, user: typeof ADA = ADA): Promise<FormBrowser> {
  const browser = formBrowser(stage, stage.origin);
  await browser.get(path);
  await browser.follow(await browser.submit('sign-in', user));
  return browser;
}

function pathOf(stage: OAuthStage, more: Readonly<Record<string, string>> = {}): string {
  return stage.authorizeUrl(more).slice(stage.origin.length);
}

function parametersOf(answer: HttpAnswer): URLSearchParams {
  return new URL(answer.header('location') ?? '').searchParams;
}

describe('the pages over the protocol', () => {
  it('OS-16 bind a device code to the first user who opens it', async () => {
    const stage = await startOAuth();
    const device = await stage.startDevice();
    const ada = await signedIn(stage, '/oauth/device');
    const ben = await signedIn(stage, '/oauth/device', BEN);
    expect(heading(await ada.submit('enter', { user_code: device.userCode }))).toBe('Connect Ledger Sync?');
    const other = await ben.submit('enter', { user_code: device.userCode });
    expect([other.status, problem(other)]).toEqual([400, expect.stringMatching(/^This code is not valid\./)]);
    expect(heading(await ada.submit('approve'))).toBe('Your device is connected');
    expect((await device.poll()).status).toBe(200);
  });

  it('OS-16 ask of a user again whether they are active when they approve and when the device polls', async () => {
    const stage = await startOAuth();
    const [first, second] = [await stage.startDevice(), await stage.startDevice()];
    const browser = await signedIn(stage, '/oauth/device');
    await browser.submit('enter', { user_code: first.userCode });
    await browser.submit('approve');
    const again = await signedIn(stage, '/oauth/device');
    await again.submit('enter', { user_code: second.userCode });
    stage.users.set('u1', { id: 'u1', active: false, name: ADA.username, password: ADA.password });
    expect((await again.follow(await again.submit('approve'))).status).toBe(200);
    expect(heading({ text: again.page.text })).toBe('Sign in');
    expect([(await first.poll()).json(), (await second.poll()).json()]).toMatchObject([
      { error: 'invalid_grant' },
      { error: 'authorization_pending' },
    ]);
  });

  it('OS-16 answer the eleventh code of a minute with 429, a right one too', async () => {
    const stage = await startOAuth();
    const device = await stage.startDevice();
    const browser = await signedIn(stage, '/oauth/device');
    const statuses = [];
    for (let n = 0; n < 11; n++)
      statuses.push((await browser.submit('enter', { user_code: 'BBBBBBBB' })).status);
    expect(statuses).toEqual([...Array<number>(10).fill(400), 429]);
    const wait = await browser.submit('enter', { user_code: device.userCode });
    expect([wait.status, Number(wait.header('retry-after')) > 0]).toEqual([429, true]);
    stage.clock.advance(60);
    expect((await browser.submit('enter', { user_code: (await stage.startDevice()).userCode })).status).toBe(
      200,
    );
  });

  it('bound guesses of a password by the same limits as every login', async () => {
    const stage = await startOAuth({ limited: true });
    const browser = formBrowser(stage, stage.origin);
    await browser.get('/oauth/device');
    const statuses = [];
    for (let n = 0; n < 6; n++)
      statuses.push((await browser.submit('sign-in', { ...ADA, password: 'guess' })).status);
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429]);
    const waiting = await browser.submit('sign-in', ADA);
    expect([waiting.status, waiting.header('retry-after')]).toEqual([429, '60']);
    stage.clock.advance(60);
    expect((await browser.submit('sign-in', ADA)).status).toBe(303);
    // A login that goes through forgets what failed before it.
    const again = formBrowser(stage, stage.origin);
    await again.get('/oauth/device');
    for (let n = 0; n < 4; n++) await again.submit('sign-in', { ...ADA, password: 'guess' });
    expect((await again.submit('sign-in', ADA)).status).toBe(303);
  });

  it('let one of two parallel answers through', async () => {
    const stage = await startOAuth();
    const browser = await signedIn(stage, pathOf(stage));
    const answers = await Promise.all([browser.submit('approve'), browser.submit('approve')]);
    const codes = answers.map(parametersOf).flatMap((each) => each.get('code') ?? []);
    expect(codes).toHaveLength(1);
    expect((await stage.redeem(codes[0] as string)).status).toBe(200);
  });

  it('OS-16 do not approve for somebody who has been switched off since they signed in', async () => {
    const stage = await startOAuth();
    const browser = await signedIn(stage, pathOf(stage));
    stage.users.delete('u1');
    expect(parametersOf(await browser.submit('approve')).get('error')).toBe('access_denied');
    expect(stage.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'subject_inactive' });
  });

  it('OS-19 grant what was shown, also when the application may ask for more by the time of the answer', async () => {
    const stage = await startOAuth();
    await stage.oauth.clients.update(stage.clientId, { scopes: ['rest_api:read'] });
    const browser = await signedIn(stage, pathOf(stage));
    await stage.oauth.clients.update(stage.clientId, { scopes: ['rest_api:read', 'rest_api:write'] });
    const code = parametersOf(await browser.submit('approve')).get('code') ?? '';
    expect((await stage.redeem(code)).json()).toMatchObject({ scope: 'rest_api:read' });
    const none = await signedIn(stage, pathOf(stage));
    expect(parametersOf(await none.submit('approve', { scopes: '' })).get('error')).toBe('access_denied');
    const foreign = await signedIn(stage, pathOf(stage));
    const widened = await foreign.submit('approve', { scopes: 'rest_api:read rest_api:fields:read' });
    expect((await stage.redeem(parametersOf(widened).get('code') ?? '')).json()).toMatchObject({
      scope: 'rest_api:read',
    });
  });

  it.each([
    ['https://evil.example/'],
    ['//evil.example'],
    ['/\\evil.example'],
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['https://ledger.northwind.example/callback/../evil'],
    ['https://ledger.northwind.example/callback?next=//evil.example'],
    ['https://ledger.northwind.example@evil.example/callback'],
    ['https://ledger.northwind.example/callback#x'],
    ['https://ledger.northwind.example/callback\r\nX: y'],
    [''],
  ])('OS-04 lead nowhere for the redirect URI %j, before a sign-in and after', async (redirectUri) => {
    const stage = await startOAuth({ pages: { rememberSignInSeconds: 600 } });
    const browser = await signedIn(stage, pathOf(stage));
    for (const answer of [
      await stage.send({
        path: pathOf(stage, { redirect_uri: redirectUri }),
        headers: { Accept: 'text/html' },
      }),
      await browser.get(pathOf(stage, { redirect_uri: redirectUri })),
    ]) {
      expect([answer.status, answer.header('location'), heading(answer)]).toEqual([
        400,
        undefined,
        'This link does not work',
      ]);
      expect(answer.text).not.toContain('evil');
    }
  });

  it('hand back the state as it came, whatever is in it', async () => {
    const stage = await startOAuth();
    const state = `"><script>'\u202E\u00E9 +%00&a=b`;
    const browser = await signedIn(stage, pathOf(stage, { state }));
    expect(parametersOf(await browser.submit('deny')).get('state')).toBe(state);
  });
});

describe('SE-20 the cookie of the pages', () => {
  it('opens nothing but pages', async () => {
    const stage = await startOAuth({ pages: { rememberSignInSeconds: 600 } });
    const browser = await signedIn(stage, pathOf(stage));
    const [[name, value] = ['', '']] = [...browser.cookies];
    const door = guard(stage.oauth.authenticate(), requireScopes('rest_api:read'));
    const api = await listen((request, response) => door(request, response, () => response.end('open')));
    const Cookie = `${name}=${value}`;
    expect(value.length).toBeGreaterThan(100);
    expect((await api.send({ headers: { Cookie } })).status).toBe(401);
    expect((await api.send({ headers: { Cookie, Authorization: `Bearer ${value}` } })).status).toBe(401);
    for (const path of ['/v1/oauth/token', '/v1/oauth/device', '/v1/oauth/revoke', '/v1/oauth/introspect']) {
      const request = {
        method: 'POST',
        path,
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: value,
          token: value,
          code: value,
        }).toString(),
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      };
      const without = await stage.send(request);
      const withCookie = await stage.send({ ...request, headers: { ...request.headers, Cookie } });
      expect([withCookie.status, withCookie.text]).toEqual([without.status, without.text]);
      expect(withCookie.status).toBeGreaterThanOrEqual(400);
      expect(withCookie.header('set-cookie')).toBeUndefined();
    }
  });
});
