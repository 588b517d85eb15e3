import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, expect, it } from 'vitest';
import { inChromium } from '../support/chromium.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { startSocialHost, type SocialBrowserStage } from './social-stage.ts';

let stage: SocialBrowserStage;
afterEach(() => stage.stop());

const FOLDER = join(PACKAGE_ROOT, 'docs/images');
/** `UPDATE_IMAGES=1 npx vitest run test/browser/social-images.test.ts` takes the pictures of the guide anew. */
const isUpdate = process.env['UPDATE_IMAGES'] === '1';

inChromium('the guide of sign-in at providers', (open) => {
  it.each(['light', 'dark'] as const)('shows what there is to see, in %s', async (colorScheme) => {
    stage = await startSocialHost('express');
    const { page } = await open({ colorScheme, scripts: true, width: 560, height: 640 });

    async function look(name: string): Promise<void> {
      const file = join(FOLDER, `social-${name}-${colorScheme}.png`);
      if (isUpdate) await take(page, file);
      expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
    }

    await page.goto(`${stage.origin}/login`);
    await look('sign-in');
    await page.getByRole('link', { name: 'Continue with Google' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.getByRole('status').textContent()).toMatch(/^You did not consent/);
    await look('denied');
    await page.getByRole('link', { name: 'Continue with Google' }).click();
    await page.getByRole('button', { name: 'Continue as ada@example.com' }).click();
    await page.getByRole('heading', { name: 'Signed in as Ada Lovelace' }).waitFor();
    await look('signed-in');
  });
});

async function take(page: Page, file: string): Promise<void> {
  await page.mouse.move(0, 0);
  await page.evaluate('document.activeElement?.blur()');
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, await page.screenshot({ animations: 'disabled' }));
}
