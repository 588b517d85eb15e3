import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { inChromium } from '../support/chromium.ts';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { ADA, startOAuth } from './oauth-stage.ts';

stopHostsAfterEach();

const FOLDER = join(PACKAGE_ROOT, 'docs/images');
const [WIDTH, HEIGHT] = [720, 640];
/** `UPDATE_IMAGES=1 npx vitest run test/browser/oauth-images.test.ts` takes the pictures of the guide anew. */
const isUpdate = process.env['UPDATE_IMAGES'] === '1';

inChromium('the pictures of the pages in the guide', (open) => {
  it.each(['light', 'dark'] as const)('are taken in %s', async (colorScheme) => {
    const stage = await startOAuth();
    const { page } = await open({ colorScheme, width: WIDTH, height: HEIGHT });

    async function picture(name: string): Promise<void> {
      const file = join(FOLDER, `oauth-${name}-${colorScheme}.png`);
      const bytes = await shot(page);
      expect(sizeOf(bytes)).toEqual([WIDTH, HEIGHT]);
      if (isUpdate) {
        mkdirSync(FOLDER, { recursive: true });
        writeFileSync(file, bytes);
      }
      expect(sizeOf(readFileSync(file))).toEqual([WIDTH, HEIGHT]);
      const { needed, shown } = await page.evaluate<{ needed: number; shown: number }>(
        '({ needed: document.documentElement.scrollHeight, shown: innerHeight })',
      );
      expect(needed).toBe(shown);
    }

    async function signIn(): Promise<void> {
      await page.getByLabel('User name or e-mail').fill(ADA.username);
      await page.getByLabel('Password').fill(ADA.password);
    }

    await page.goto(stage.authorizeUrl({ redirect_uri: 'https://ledger.northwind.example/callback' }));
    await signIn();
    await picture('sign-in');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await picture('consent');

    const device = await stage.startDevice();
    await page.goto(device.link);
    await signIn();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await picture('device-code');
    await page.getByRole('button', { name: 'Continue' }).click();
    await picture('device');

    await page.goto(stage.authorizeUrl({ redirect_uri: 'https://elsewhere.example' }));
    await page.getByText('For the developer').click();
    await page.mouse.move(0, 0);
    await picture('error');
  });
});

/** A picture of what is shown. A browser that has no frame ready on a busy machine says so, and has one a moment later. */
async function shot(page: Page, tries: number = 5): Promise<Buffer> {
  try {
    return await page.screenshot({ animations: 'disabled' });
  } catch (error) {
    if (tries === 1 || !String(error).includes('Unable to capture screenshot')) throw error;
    await page.waitForTimeout(100);
    return shot(page, tries - 1);
  }
}

/** The width and height of a PNG, from its first chunk (PNG section 11.2.1). */
function sizeOf(png: Buffer): readonly number[] {
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}
