import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { inChromium, type Visit } from '../support/chromium.ts';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { FRAMEWORKS, startConnections, type ConnectionsStage } from './connections-stage.ts';

stopHostsAfterEach();

let stage: ConnectionsStage;
afterEach(() => stage.stop());

const GOOGLE = 'ads@harbour.example';

/** What the page says, without what stands on its buttons. */
async function notice(page: Page): Promise<string> {
  return page.locator('.notice, .alert').innerText();
}

function press(page: Page, name: string): Promise<void> {
  return page.getByRole('button', { name, exact: true }).click();
}

async function signIn(page: Page, as: string = 'ines'): Promise<void> {
  await page.goto(`${stage.origin}/login?as=${as}`);
}

/** Begins at the page, and answers the provider's question. */
async function connect(page: Page, button: string, answer: string): Promise<void> {
  await press(page, button);
  await press(page, answer);
}

/** What nobody may see of the way: errors of the browser, and addresses of others. */
function traces({ requests, complaints }: Visit): unknown {
  const own = [stage.origin, stage.google.url, stage.facebook.url];
  const elsewhere = requests.filter(
    (request) => !own.some((origin) => request.split(' ')[1]?.startsWith(`${origin}/`)),
  );
  return { elsewhere, complaints };
}

const CLEAN = { elsewhere: [], complaints: [] };

inChromium('a connection in a browser', (open) => {
  describe.each(FRAMEWORKS)('on %s', (framework) => {
    it('goes from its start to its end', async () => {
      stage = await startConnections(framework);
      const visit = await open();
      const { page } = visit;
      await page.goto(`${stage.origin}/connections`);
      expect(page.url()).toBe(`${stage.origin}/login`);

      await signIn(page);
      expect(await page.locator('section').allInnerTexts()).toEqual([
        'Google Ads\n\nNot connected.\n\nConnect Google Ads',
        'Meta Ads\n\nNot connected.\n\nConnect Meta Ads',
      ]);
      await connect(page, 'Connect Google Ads', `Continue as ${GOOGLE}`);
      expect(await notice(page)).toBe(`Google Ads (${GOOGLE}) is connected.`);
      expect(await page.getByRole('article').innerText()).toBe(
        `${GOOGLE}\n\nWorks\n\n` +
          'Since 1 January 2026, 00:00 UTC. Connected by ines@harbour.example on 1 January 2026.\n\nCheck now\nDisconnect',
      );

      await press(page, `Check now: ${GOOGLE}`);
      expect(await notice(page)).toBe(`Google Ads (${GOOGLE}) was checked and works.`);
      expect(page.url()).toBe(`${stage.origin}/connections`);
      // What was told is told once.
      await page.reload();
      expect(await page.locator('.notice, .alert').count()).toBe(0);

      await press(page, `Disconnect: ${GOOGLE}`);
      expect(await page.getByRole('heading').innerText()).toBe('Disconnect Google Ads?');
      await page.getByRole('link', { name: 'Keep it' }).click();
      await press(page, `Disconnect: ${GOOGLE}`);
      await press(page, 'Disconnect');
      expect(await notice(page)).toBe(
        `Google Ads (${GOOGLE}) is disconnected. Its access was taken back at Google.`,
      );
      expect(await page.getByRole('article').count()).toBe(0);
      const [revoked] = stage.google.requests.filter(({ path }) => path === '/revoke');
      expect(stage.google.isAlive(revoked?.form.get('token') ?? '')).toBe(false);
      expect((await stage.service.list('harbour')).items).toEqual([]);
      expect(traces(visit)).toEqual(CLEAN);
    });

    it('of Meta goes the same way', async () => {
      stage = await startConnections(framework);
      const visit = await open();
      const { page } = visit;
      await signIn(page);
      await connect(page, 'Connect Meta Ads', 'Continue as ines@harbour.example');
      expect(await notice(page)).toBe('Meta Ads (Ines Hafen) is connected.');
      await press(page, 'Disconnect: Ines Hafen');
      await press(page, 'Disconnect');
      expect(await notice(page)).toBe(
        'Meta Ads (Ines Hafen) is disconnected. Its access was taken back at Meta.',
      );
      expect(traces(visit)).toEqual(CLEAN);
    });

    it('that the user denies leaves everything as it was, and says so', async () => {
      stage = await startConnections(framework);
      const visit = await open();
      await signIn(visit.page);
      await connect(visit.page, 'Connect Google Ads', 'Cancel');
      expect(await notice(visit.page)).toBe('Nothing was connected, since you did not allow it.');
      expect((await stage.service.list('harbour')).items).toEqual([]);
      expect(traces(visit)).toEqual(CLEAN);
    });

    it('whose callback is loaded again is not made twice', async () => {
      stage = await startConnections(framework);
      const visit = await open();
      const { page } = visit;
      await signIn(page);
      await connect(page, 'Connect Google Ads', `Continue as ${GOOGLE}`);
      const callback = visit.requests.find((request) => request.includes('/callback/'))?.split(' ')[1] ?? '';
      const answer = await page.goto(callback);
      expect(answer?.status()).toBe(400);
      expect(await page.locator('main').innerText()).toContain('This link is not good any more');
      await page.getByRole('link', { name: 'Back to the connections' }).click();
      expect(await page.getByRole('article').count()).toBe(1);
    });

    it('is made in each of two tabs at once', async () => {
      stage = await startConnections(framework);
      const { page } = await open();
      await signIn(page);
      const other = await page.context().newPage();
      await other.goto(`${stage.origin}/connections`);
      await press(page, 'Connect Google Ads');
      await press(other, 'Connect Meta Ads');
      await press(page, `Continue as ${GOOGLE}`);
      await press(other, 'Continue as ines@harbour.example');
      expect([await notice(page), await notice(other)]).toEqual([
        `Google Ads (${GOOGLE}) is connected.`,
        'Meta Ads (Ines Hafen) is connected.',
      ]);
    });

    it('whose grant was taken back says so when it is checked, and is mended', async () => {
      stage = await startConnections(framework);
      const { page } = await open();
      await signIn(page);
      await connect(page, 'Connect Google Ads', `Continue as ${GOOGLE}`);
      await connect(page, 'Connect another Google Ads account', 'Continue as shop@harbour.example');
      expect(await page.getByRole('article').count()).toBe(2);

      stage.clock.advance(3_600);
      const { items } = await stage.service.list('harbour');
      for (const each of items) await stage.service.getAccessToken(each);
      await revokeAtGoogle();
      await page.reload();
      await press(page, `Check now: ${GOOGLE}`);
      expect(await notice(page)).toBe(`Google Ads (${GOOGLE}) was checked and does not work.`);
      const broken = page.getByRole('article', { name: GOOGLE });
      expect(await broken.innerText()).toContain(
        'Does not work\n\nGoogle says that the access was taken back. Authorise it again to go on.\n\nSince 1 January 2026, 01:00 UTC.',
      );
      await press(page, `Authorise again: ${GOOGLE}`);
      await press(page, `Continue as ${GOOGLE}`);
      expect(await notice(page)).toBe(`Google Ads (${GOOGLE}) is connected.`);
      expect(await page.getByText('Does not work').count()).toBe(0);
    });

    it('is told apart from a provider that does not answer', async () => {
      stage = await startConnections(framework);
      const { page } = await open();
      await signIn(page);
      await press(page, 'Connect Google Ads');
      stage.google.break('/token', 'hang-up', 1);
      await press(page, `Continue as ${GOOGLE}`);
      expect(await page.getByRole('heading').innerText()).toBe('Google does not answer');
      await page.getByRole('link', { name: 'Try again' }).click();
      expect(await notice(page)).toBe(`Google Ads (${GOOGLE}) is connected.`);

      stage.google.break('/token', 'error', 1);
      await press(page, `Check now: ${GOOGLE}`);
      expect(await notice(page)).toBe(
        'Google could not be reached, so nothing is known and nothing has changed. Try again in a little while.',
      );
      stage.google.break('/revoke', 'error', 1);
      await press(page, `Disconnect: ${GOOGLE}`);
      await press(page, 'Disconnect');
      expect(await notice(page)).toBe(
        `Google Ads (${GOOGLE}) is disconnected. Nothing of it is kept here, but Google could not be told: ` +
          'remove the access in the settings of your Google account.',
      );
    });

    it('OC-10 is not made by another member who is signed in when the provider sends the browser back', async () => {
      stage = await startConnections(framework);
      const { page } = await open();
      await signIn(page);
      await press(page, 'Connect Google Ads');
      const other = await page.context().newPage();
      await signIn(other, 'jo');
      await press(page, `Continue as ${GOOGLE}`);
      expect(await page.getByRole('heading').innerText()).toBe('You may not connect this');
      expect((await stage.service.list('harbour')).items).toEqual([]);
    });

    it('is seen by the workspace and by nobody else', async () => {
      stage = await startConnections(framework);
      const { page } = await open();
      await signIn(page);
      await connect(page, 'Connect Google Ads', `Continue as ${GOOGLE}`);
      await signIn(page, 'jo');
      expect(await page.getByRole('article').count()).toBe(1);
      await signIn(page, 'kim');
      expect(await page.getByRole('article').count()).toBe(0);
      const [{ id } = { id: '' }] = (await stage.service.list('harbour')).items;
      await page.goto(`${stage.origin}/connections?disconnect=${id}`);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Connections');
      await signIn(page, 'lea');
      expect(await page.getByRole('heading').innerText()).toBe('You have no workspace');
    });
  });
});

/** Takes the grants back as their owner does in the settings of the account. */
async function revokeAtGoogle(): Promise<void> {
  const { requests, endpoints } = stage.google;
  const tokens = requests.flatMap(({ form }) => form.get('refresh_token') ?? []);
  expect(tokens).toHaveLength(2);
  for (const token of tokens) {
    await fetch(endpoints.revocationUrl, { method: 'POST', body: new URLSearchParams({ token }) });
  }
}
