import { afterEach, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { MEMBER } from '../../examples/api/demo-data.ts';
import { inChromium } from '../support/chromium.ts';
import { obstacles, tabStops } from './accessibility.ts';
import { startSocialHost, type SocialBrowserStage } from './social-stage.ts';

let stage: SocialBrowserStage;
afterEach(() => stage.stop());

const SCRIPTS = { scripts: true };
const begin = (page: Page, provider: string) =>
  page.getByRole('link', { name: `Continue with ${provider}` }).click();
const consent = (page: Page, as: string) => page.getByRole('button', { name: as, exact: true }).click();
const statusOf = (page: Page) => page.getByRole('status').textContent();

/** Where the browser was sent back to by a provider. */
const callbacksIn = (requests: readonly string[]) =>
  requests
    .filter((request) => request.includes('/callback/?'))
    .map((request) => request.replace(/^GET /, ''));

for (const framework of ['express', 'koa'] as const) {
  inChromium(`sign-in at a provider in a browser on ${framework}`, (open) => {
    it.each([
      ['Google', 'Continue as ada@example.com', 'Ada Lovelace'],
      ['Facebook', 'Continue as grace@example.com', 'Grace Hopper'],
    ])('goes through %s and back, and leaves nothing in the address', async (provider, as, name) => {
      stage = await startSocialHost(framework);
      const { page, requests, complaints } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login`);
      await begin(page, provider);
      await consent(page, as);
      await page.getByRole('heading', { name: `Signed in as ${name}` }).waitFor();
      expect(page.url()).toBe(`${stage.origin}/login`);
      expect(complaints).toEqual([]);
      const own = [stage.origin, stage.google.url, stage.facebook.url];
      expect(requests.filter((each) => !own.some((origin) => each.includes(` ${origin}/`)))).toEqual([]);
      const addresses = requests.join('\n');
      expect(addresses).not.toMatch(/access_token|ya29\.|EAA|eyJ/);
      // Whoever signs in again is the same user, and no second one.
      await page.getByRole('button', { name: 'Sign out' }).click();
      expect(await statusOf(page)).toBe('You are signed out.');
      await begin(page, provider);
      await consent(page, as);
      await page.getByRole('heading', { name: `Signed in as ${name}` }).waitFor();
    });

    it('says so when consent is denied, and starts anew after that', async () => {
      stage = await startSocialHost(framework);
      const { page, complaints } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login`);
      for (const provider of ['Google', 'Facebook']) {
        await begin(page, provider);
        await consent(page, 'Cancel');
        await expect.poll(() => statusOf(page)).toBe('You did not consent, so nothing has happened.');
      }
      await begin(page, 'Google');
      await consent(page, 'Continue as ada@example.com');
      await page.getByRole('heading', { name: 'Signed in as Ada Lovelace' }).waitFor();
      expect(complaints).toEqual([]);
    });

    it('OC-01 answers a callback that is visited again, and one that another browser visits, with 400', async () => {
      stage = await startSocialHost(framework);
      const { page, requests } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login`);
      await begin(page, 'Google');
      await consent(page, 'Continue as ada@example.com');
      await page.getByRole('heading', { name: 'Signed in as Ada Lovelace' }).waitFor();
      const [callback = ''] = callbacksIn(requests);
      const again = await page.goto(callback);
      expect([again?.status(), await again?.json()]).toEqual([
        400,
        { non_field_errors: ['State could not be found in server-side session data.'] },
      ]);

      // Somebody stops on the way back, and sends the address to somebody else.
      const mallory = await open(SCRIPTS);
      await mallory.page.goto(`${stage.origin}/login`);
      await begin(mallory.page, 'Google');
      await mallory.page.getByRole('button', { name: 'Cancel' }).waitFor();
      const trap = stage.google.consent(mallory.page.url());
      const victim = await open(SCRIPTS);
      await victim.page.goto(`${stage.origin}/login`);
      const planted = await victim.page.goto(trap);
      expect([planted?.status(), await planted?.json()]).toEqual([
        400,
        { non_field_errors: ['Invalid state has been provided.'] },
      ]);
    });

    it('bears two tabs at once, each of which ends with its own account', async () => {
      stage = await startSocialHost(framework);
      const { page: first } = await open(SCRIPTS);
      const second = await first.context().newPage();
      await Promise.all([first.goto(`${stage.origin}/login`), second.goto(`${stage.origin}/login`)]);
      await begin(first, 'Google');
      await first.getByRole('button', { name: 'Cancel' }).waitFor();
      await begin(second, 'Facebook');
      await second.getByRole('button', { name: 'Cancel' }).waitFor();
      await consent(first, 'Continue as ada@example.com');
      await consent(second, 'Continue as grace@example.com');
      await Promise.all([
        first.getByRole('heading', { name: 'Signed in as Ada Lovelace' }).waitFor(),
        second.getByRole('heading', { name: 'Signed in as Grace Hopper' }).waitFor(),
      ]);
      expect([first.url(), second.url()]).toEqual([`${stage.origin}/login`, `${stage.origin}/login`]);
    });

    it('OC-06 links nobody for an address, and says why', async () => {
      stage = await startSocialHost(framework);
      const { page } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login`);
      await begin(page, 'Google');
      await consent(page, 'Continue as ines@example.com');
      await expect
        .poll(() => statusOf(page))
        .toMatch(/^Somebody is registered with this e-mail address already/);
    });

    it('says that a provider is out of order, and lets its users try again', async () => {
      stage = await startSocialHost(framework);
      const { page } = await open(SCRIPTS);
      stage.google.break('/token', 'error', 1);
      await page.goto(`${stage.origin}/login`);
      await begin(page, 'Google');
      await consent(page, 'Continue as ada@example.com');
      await expect.poll(() => statusOf(page)).toMatch(/^That service does not answer just now/);
      await begin(page, 'Google');
      await consent(page, 'Continue as ada@example.com');
      await page.getByRole('heading', { name: 'Signed in as Ada Lovelace' }).waitFor();
    });

    it('signs in by password beside that, and shows what the user may see', async () => {
      stage = await startSocialHost(framework);
      const { page, complaints } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login`);
      await page.getByLabel('E-mail').fill(MEMBER.login);
      await page.getByLabel('Password').fill('wrong');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect.poll(() => statusOf(page)).toBe('E-mail or password are not right.');
      await page.getByLabel('Password').fill(stage.demo.passwords[MEMBER.id] ?? '');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('heading', { name: `Signed in as ${MEMBER.login}` }).waitFor();
      expect(await page.getByRole('listitem').allTextContents()).toEqual(['Sailors', 'Fishers']);
      expect(complaints.filter((each) => !each.includes('401'))).toEqual([]);
    });

    it('leads back to the page of connections that wanted somebody to sign in', async () => {
      stage = await startSocialHost(framework);
      const { page, complaints } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login?next=/connections`);
      await begin(page, 'Google');
      await consent(page, 'Continue as ada@example.com');
      await page.waitForURL(`${stage.origin}/connections`);
      // Another address is never gone to.
      const other = await open(SCRIPTS);
      await other.page.goto(`${stage.origin}/login?next=https://evil.example/`);
      await begin(other.page, 'Facebook');
      await consent(other.page, 'Continue as grace@example.com');
      await other.page.getByRole('heading', { name: 'Signed in as Grace Hopper' }).waitFor();
      expect([other.page.url(), complaints]).toEqual([`${stage.origin}/login`, []]);
    });

    it('keeps nobody out of the page to sign in on', async () => {
      stage = await startSocialHost(framework);
      const { page } = await open(SCRIPTS);
      await page.goto(`${stage.origin}/login?error=access_denied`);
      // The one script of the page is let through by its hash.
      expect(await obstacles(page)).toEqual(['something that the policy forbids']);
      const stops = await tabStops(page);
      expect(stops.filter(({ ring }) => !ring)).toEqual([]);
      expect(stops.length).toBeGreaterThanOrEqual(5);
    });
  });
}
