import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { inChromium, type Visit } from '../support/chromium.ts';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { tabTo } from './accessibility.ts';
import { ADA, BEN, startOAuth, type OAuthStage } from './oauth-stage.ts';

stopHostsAfterEach();

/** Two ways through a form: they fill fields by their labels and press buttons by their words. */
interface Hand {
  readonly name: string;
  fill(page: Page, label: string, text: string): Promise<void>;
  press(page: Page, button: string): Promise<void>;
}

const MOUSE: Hand = {
  name: 'by mouse',
  fill: (page, label, text) => page.getByLabel(label).fill(text),
  press: (page, button) => page.getByRole('button', { name: button, exact: true }).click(),
};

const KEYBOARD: Hand = {
  name: 'by keyboard alone',
  async fill(page, label, text) {
    await tabTo(page, label);
    await page.keyboard.type(text);
  },
  async press(page, button) {
    await tabTo(page, button);
    const loaded = page.waitForEvent('load');
    await page.keyboard.press('Enter');
    await loaded;
  },
};

async function signIn(hand: Hand, page: Page, user: typeof ADA = ADA): Promise<void> {
  await hand.fill(page, 'User name or e-mail', user.username);
  await hand.fill(page, 'Password', user.password);
  await hand.press(page, 'Sign in');
}

function heading(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText();
}

/** Nothing was asked of anybody but the server and the application, and the browser found nothing to object to. */
function expectQuiet({ requests, complaints }: Visit, { origin, callback }: OAuthStage): void {
  const ours = [origin, new URL(callback).origin];
  expect(requests.filter((line) => !ours.includes(new URL(line.split(' ')[1] as string).origin))).toEqual([]);
  expect(complaints).toEqual([]);
}

inChromium('the pages in Chromium', (open) => {
  describe.each(['express', 'koa'] as const)('on %s', (framework) => {
    describe.each([MOUSE, KEYBOARD])('$name', (hand) => {
      it('OS-19 sign somebody in, ask, and send them back with a code that is good for tokens', async () => {
        const stage = await startOAuth({ framework });
        const visit = await open();
        const { page } = visit;
        await page.goto(stage.authorizeUrl());
        await signIn(hand, page);
        expect(await heading(page)).toBe('Let Ledger Sync use your account?');
        await hand.press(page, 'Allow');
        expect(await heading(page)).toBe('Welcome back');
        const [returned] = stage.returned;
        expect([...(returned?.keys() ?? [])]).toEqual(['code', 'state', 'iss']);
        expect([returned?.get('state'), returned?.get('iss')]).toEqual(['af0ifjsldkj', stage.origin]);
        expect((await stage.redeem(returned?.get('code') ?? '')).status).toBe(200);
        expectQuiet(visit, stage);
      });

      it('send them back without a code when they deny', async () => {
        const stage = await startOAuth({ framework });
        const visit = await open();
        await visit.page.goto(stage.authorizeUrl());
        await signIn(hand, visit.page);
        await hand.press(visit.page, 'Deny');
        expect(stage.returned.map(String)).toEqual([
          `error=access_denied&state=af0ifjsldkj&iss=${encodeURIComponent(stage.origin)}`,
        ]);
        expectQuiet(visit, stage);
      });

      it('OS-16 connect a device', async () => {
        const stage = await startOAuth({ framework });
        const visit = await open();
        const { page } = visit;
        const device = await stage.startDevice();
        await page.goto(`${stage.origin}/oauth/device`);
        await signIn(hand, page);
        await hand.fill(page, 'Code', device.userCode.toLowerCase());
        await hand.press(page, 'Continue');
        expect(await heading(page)).toBe('Connect Ledger Sync?');
        await hand.press(page, 'Allow');
        expect(await heading(page)).toBe('Your device is connected');
        expect((await device.poll()).status).toBe(200);
        expectQuiet(visit, stage);
      });

      it('do not connect a device whose user denies', async () => {
        const stage = await startOAuth({ framework });
        const { page } = await open();
        const device = await stage.startDevice();
        await page.goto(device.link);
        await signIn(hand, page);
        await hand.press(page, 'Continue');
        await hand.press(page, 'Deny');
        expect(await heading(page)).toBe('The device was not connected');
        expect((await device.poll()).json()).toMatchObject({ error: 'access_denied' });
      });
    });
  });

  it('say what was wrong with a sign-in, put the cursor where it helps, and go on', async () => {
    const stage = await startOAuth();
    const { page } = await open();
    await page.goto(stage.authorizeUrl());
    await signIn(MOUSE, page, { ...ADA, password: 'wrong' });
    expect(await page.getByRole('alert').innerText()).toBe('The user name or the password is not right.');
    await page.keyboard.type(ADA.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Allow' }).waitFor();
  });

  it('let somebody else sign in before they allow', async () => {
    const stage = await startOAuth();
    const { page } = await open();
    await page.goto(stage.authorizeUrl());
    await signIn(MOUSE, page);
    await MOUSE.press(page, 'Use another account');
    await signIn(MOUSE, page, BEN);
    expect(await page.getByText(BEN.username).count()).toBe(1);
    await MOUSE.press(page, 'Allow');
    const { access_token } = (await stage.redeem(stage.returned[0]?.get('code') ?? '')).json() as Record<
      string,
      string
    >;
    const claims = JSON.parse(
      Buffer.from(access_token?.split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({ sub: 'u2' });
  });

  it('remember what was allowed, and ask again for more', async () => {
    const stage = await startOAuth();
    const { page } = await open();
    for (const [scope, asked] of [
      ['rest_api:read', true],
      ['rest_api:read', false],
      ['rest_api:read rest_api:write', true],
    ] as const) {
      await page.goto(stage.authorizeUrl({ scope }));
      await signIn(MOUSE, page);
      expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(asked ? 1 : 0);
      if (asked) await MOUSE.press(page, 'Allow');
      expect(await heading(page)).toBe('Welcome back');
    }
    expect(stage.returned.map((each) => each.has('code'))).toEqual([true, true, true]);
  });

  it('give one code to somebody who presses twice', async () => {
    const stage = await startOAuth();
    const { page } = await open();
    await page.goto(stage.authorizeUrl());
    await signIn(MOUSE, page);
    await page.getByRole('button', { name: 'Allow' }).dblclick();
    await page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    expect(stage.returned.map((each) => each.has('code'))).toEqual([true]);
  });

  it('show a page, and nothing of the request, when there is nobody to send back to', async () => {
    const stage = await startOAuth();
    const { page } = await open();
    const answer = await page.goto(stage.authorizeUrl({ redirect_uri: 'https://evil.example/<b>' }));
    expect(answer?.status()).toBe(400);
    expect(await heading(page)).toBe('This link does not work');
    expect(await page.content()).not.toContain('evil');
  });
});
