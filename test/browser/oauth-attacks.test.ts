import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inChromium } from '../support/chromium.ts';
import { type Host, listen, stopHostsAfterEach } from '../support/frameworks.ts';
import { ADA, startOAuth, type OAuthStage } from './oauth-stage.ts';

stopHostsAfterEach();

/** Another site, by its host name: cookies of 127.0.0.1 do not go along with what it sends. */
async function otherSite(body: string): Promise<string> {
  const host: Host = await listen((_, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`<!doctype html><title>other</title>${body}`);
  });
  return `http://localhost:${host.port}/`;
}

async function signedIn(stage: OAuthStage, page: Page): Promise<void> {
  await page.goto(stage.authorizeUrl());
  await type(page);
}

async function type(page: Page): Promise<void> {
  await page.getByLabel('User name or e-mail').fill(ADA.username);
  await page.getByLabel('Password').fill(ADA.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

inChromium('another site', (open) => {
  it('OS-17 cannot show the pages in a frame', async () => {
    const stage = await startOAuth();
    const { page, complaints } = await open();
    await page.goto(
      await otherSite(`<iframe src="${stage.authorizeUrl().replaceAll('&', '&amp;')}"></iframe>`),
    );
    await expect.poll(() => complaints.join(), { timeout: 10_000 }).toContain("frame-ancestors 'none'");
    expect(await page.frames()[1]?.locator('form').count()).toBe(0);
  });

  it.each(['approve', 'sign-in'])(
    'OS-17 cannot send their form to %s, with scripts and a known address',
    async (action) => {
      const stage = await startOAuth();
      const { page } = await open({ scripts: true });
      await signedIn(stage, page);
      const before = stage.events.length;
      const fields = { action, ...ADA, token: 'A'.repeat(43) };
      const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
      const target = stage.authorizeUrl().replaceAll('&', '&amp;');
      await page.goto(
        await otherSite(
          `<form method="post" action="${target}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`,
        ),
      );
      await page.waitForURL(stage.authorizeUrl());
      expect(stage.returned).toEqual([]);
      expect(stage.events.slice(before).map(({ outcome, reason }) => [outcome, reason])).toEqual([
        ['denied', 'interaction_invalid'],
      ]);
    },
  );

  it('OS-17 cannot read them with a script, nor the cookie from a page of theirs', async () => {
    const stage = await startOAuth();
    const { page } = await open({ scripts: true });
    await signedIn(stage, page);
    expect(await page.evaluate('document.cookie')).toBe('');
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({
      name: 'portcullis-interaction',
      httpOnly: true,
      sameSite: 'Lax',
      path: '/',
    });
    await page.goto(await otherSite(''));
    const read = `fetch(${JSON.stringify(stage.authorizeUrl())}, { credentials: 'include' }).then(() => 'read', () => 'refused')`;
    expect(await page.evaluate(read)).toBe('refused');
  });
});

inChromium('a name that attacks', (open) => {
  const EVIL = `</bdi><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

  it('is shown as it is, by a browser with scripts', async () => {
    const stage = await startOAuth();
    await stage.oauth.clients.update(stage.clientId, {
      name: `A ${EVIL}`.slice(0, 100),
      owner: EVIL.slice(0, 100),
    });
    const { page, requests, complaints } = await open({ scripts: true });
    await page.goto(stage.authorizeUrl({ state: EVIL }));
    await type(page);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain(
      'A </bdi><img src=x onerror=',
    );
    expect(await page.title()).not.toBe('owned');
    expect(requests.filter((line) => line.endsWith('/x'))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.getByRole('button', { name: 'Allow' }).click();
    expect(stage.returned[0]?.get('state')).toBe(EVIL);
  });
});

inChromium('a redirect URI that redirects on to another origin', (open) => {
  async function allow(
    isNamed: boolean,
  ): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
    const elsewhere = await otherSite('<h1>Deep in the application</h1>');
    const onwardOrigins = isNamed ? [elsewhere.slice(0, -1)] : undefined;
    const stage = await startOAuth({ onward: elsewhere, pages: { onwardOrigins } });
    const visit = await open();
    await signedIn(stage, visit.page);
    await visit.page.getByRole('button', { name: 'Allow' }).click();
    return visit;
  }

  it('is stopped by Chromium unless that origin is named', async () => {
    const { page, complaints } = await allow(false);
    await expect.poll(() => complaints.join(), { timeout: 10_000 }).toContain('form-action');
    expect(await page.getByRole('button', { name: 'Allow' }).count()).toBe(1);
  });

  it('is followed when it is named', async () => {
    const { page, complaints } = await allow(true);
    await page.getByRole('heading', { name: 'Deep in the application' }).waitFor();
    expect(complaints).toEqual([]);
  });
});
