import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { inChromium } from '../support/chromium.ts';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { obstacles, tabStops } from './accessibility.ts';
import { ADA, startOAuth } from './oauth-stage.ts';

stopHostsAfterEach();

type Look = (name: string, expectedStops: readonly string[]) => Promise<void>;

/** Walks past every page and looks at each. */
async function pastEveryPage(
  page: Page,
  look: Look,
  pages: Parameters<typeof startOAuth>[0] = {},
): Promise<void> {
  const stage = await startOAuth(pages);
  const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  async function signIn(password: string): Promise<void> {
    await page.getByLabel('User name or e-mail').fill(ADA.username);
    await page.getByLabel('Password').fill(password);
    await press('Sign in');
  }
  const SIGN_IN = ['User name or e-mail', 'Password', 'Sign in'];
  const CODE = ['Code', 'Continue', 'Use another account'];

  await page.goto(stage.authorizeUrl());
  await look('sign-in', SIGN_IN);
  await signIn('wrong');
  await look('failed sign-in', SIGN_IN);
  await signIn(ADA.password);
  await look('consent', ['Use another account', 'Deny', 'Allow']);
  const device = await stage.startDevice();
  await page.goto(`${stage.origin}/oauth/device`);
  await signIn(ADA.password);
  await look('device code', CODE);
  await page.getByLabel('Code').fill('BBBB-BBBB');
  await press('Continue');
  await look('wrong device code', CODE);
  await page.getByLabel('Code').fill(device.userCode);
  await press('Continue');
  await look('device question', ['Use another account', 'Deny', 'Allow']);
  await press('Allow');
  await look('connected device', []);
  await page.goto(stage.authorizeUrl({ redirect_uri: 'https://elsewhere.example' }));
  await look('error', ['For the developer']);
}

inChromium('the pages', (open) => {
  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    it.each([720, 320])('keep nobody out at a width of %d', async (width) => {
      const { page } = await open({ colorScheme, width });
      const found: Record<string, readonly string[]> = {};
      await pastEveryPage(page, async (name) => {
        found[name] = await obstacles(page);
      });
      expect(Object.keys(found)).toHaveLength(8);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    });

    it.each(['#ffe14d', '#0b1f4b'])('stay readable with the accent %s', async (accentColor) => {
      const { page } = await open({ colorScheme });
      const found: string[] = [];
      await pastEveryPage(
        page,
        async (name) => {
          for (const each of await obstacles(page)) found.push(`${name}: ${each}`);
        },
        { pages: { accentColor } },
      );
      expect(found).toEqual([]);
    });

    it('lead the Tab key past everything in the order it is read, and show where it is', async () => {
      const { page } = await open({ colorScheme });
      await pastEveryPage(page, async (name, expectedStops) => {
        const stops = await tabStops(page);
        expect({ name, stops }).toEqual({
          name,
          stops: expectedStops.map((each) => ({ name: each, ring: true })),
        });
      });
    });
  });

  it('are zoomed to 200 % of their text without losing any of it', async () => {
    const { page } = await open({ width: 720 });
    await pastEveryPage(page, async (name) => {
      await page.evaluate('document.documentElement.style.fontSize = "200%"');
      const wider = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
      expect({ name, wider }).toEqual({ name, wider: false });
    });
  });
});

inChromium('the look for obstacles', (open) => {
  it.each([
    ['<input id="a">', 'no name'],
    ['<p style="color:#999">pale</p>', 'a contrast of 2.85'],
    ['<p style="color:#0008">pale</p>', 'a contrast of 4.'],
    ['<button></button>', 'no name'],
    ['<img src="data:,">', 'no text for an image'],
    ['<h1>a</h1><h1>b</h1>', '2 main headings'],
    ['<p aria-describedby="nothing">a</p>', 'no "nothing"'],
    ['<button tabindex="2">a</button>', 'another place in the order of focus'],
    ['<div style="width:2000px">a</div>', 'it has to be scrolled sideways'],
  ])('finds what is wrong with %s', async (body, complaint) => {
    const { page } = await open();
    await page.setContent(`<!doctype html><html lang="en"><title>a</title><main>${body}</main>`);
    expect((await obstacles(page)).filter((each) => each.startsWith(complaint))).toHaveLength(1);
  });
});
