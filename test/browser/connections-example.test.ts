import { describe, expect, it } from 'vitest';
import { startReady } from '../examples/host.ts';
import { loopbackProviders } from '../examples/loopback-providers.ts';
import { inChromium } from '../support/chromium.ts';

const providers = loopbackProviders();

inChromium('the example host', (open) => {
  describe.each(['express', 'koa'])('on %s', (FRAMEWORK) => {
    it('takes a person from the sign-in to a connection, and to its end', async () => {
      const { ready } = await startReady({
        env: { FRAMEWORK, ...providers.environment },
      });
      const { page, complaints } = await open({ scripts: true });
      const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
      const notice = (): Promise<string> => page.locator('.notice, .alert').innerText();

      await page.goto(`${ready.url}/connections`);
      await page.getByLabel('E-mail').fill(ready.jwt.email);
      await page.getByLabel('Password').fill(ready.jwt.password);
      await press('Sign in');
      await page.waitForURL(`${ready.url}/connections`);
      expect(await page.locator('.foot').innerText()).toBe(`Signed in as ${ready.jwt.email}`);

      await press('Connect Google Ads');
      await press('Continue as ada@example.com');
      expect(await notice()).toBe('Google Ads (ada@example.com) is connected.');
      await press('Connect Meta Ads');
      await press('Cancel');
      expect(await notice()).toBe('Nothing was connected, since you did not allow it.');
      await press('Check now: ada@example.com');
      expect(await notice()).toBe('Google Ads (ada@example.com) was checked and works.');
      await press('Disconnect: ada@example.com');
      await press('Disconnect');
      expect(await notice()).toBe(
        'Google Ads (ada@example.com) is disconnected. Its access was taken back at Google.',
      );
      expect(complaints).toEqual([]);

      // Whoever signs out is out of the page as well.
      await page.goto(`${ready.url}/login`);
      await page.getByLabel('E-mail').fill(ready.jwt.email);
      await page.getByLabel('Password').fill(ready.jwt.password);
      await press('Sign in');
      await press('Sign out');
      await page.getByText('You are signed out.').waitFor();
      await page.goto(`${ready.url}/connections`);
      await page.waitForURL(/\/login/);
    });
  });
});
