import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { inChromium } from '../support/chromium.ts';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { obstacles, tabStops } from './accessibility.ts';
import { startConnections, type ConnectionsStage } from './connections-stage.ts';

stopHostsAfterEach();

let stage: ConnectionsStage;
afterEach(() => stage.stop());

const FOLDER = join(PACKAGE_ROOT, 'docs/images');
/** `UPDATE_IMAGES=1 npx vitest run test/browser/connections-images.test.ts` takes the pictures of the guide anew. */
const isUpdate = process.env['UPDATE_IMAGES'] === '1';
const GOOGLE = 'ads@harbour.example';

inChromium('the page of connections', (open) => {
  it.each([
    ['light', 720],
    ['dark', 720],
    ['light', 320],
    ['dark', 320],
  ] as const)(
    'keeps nobody out and looks as in the guide, in %s at a width of %d',
    async (colorScheme, width) => {
      stage = await startConnections();
      const { page } = await open({ colorScheme, width, height: 640 });
      const found: Record<string, readonly string[]> = {};
      const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();

      async function look(name: string): Promise<void> {
        await page.mouse.move(0, 0);
        found[name] = await obstacles(page);
        const stops = await tabStops(page);
        expect(stops.filter(({ ring }) => !ring)).toEqual([]);
        if (width !== 720) return;
        await page.evaluate('document.activeElement?.blur()');
        const file = join(FOLDER, `connections-${name}-${colorScheme}.png`);
        if (isUpdate) {
          mkdirSync(FOLDER, { recursive: true });
          writeFileSync(file, await page.screenshot({ animations: 'disabled', fullPage: true }));
        }
        expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
      }

      await page.goto(`${stage.origin}/login?as=ines`);
      await look('none');
      await press('Connect Google Ads');
      await press(`Continue as ${GOOGLE}`);
      await look('connected');
      const [google] = (await stage.service.list('harbour')).items;
      if (google === undefined) throw new Error('there is no connection');
      stage.clock.advance(86_400);
      await stage.service.getAccessToken(google);
      const token = stage.google.requests.at(-1)?.form.get('refresh_token') ?? '';
      await fetch(stage.google.endpoints.revocationUrl, {
        method: 'POST',
        body: new URLSearchParams({ token }),
      });
      stage.clock.advance(8_040);
      await page.goto(`${stage.origin}/login?as=ines`);
      await press(`Check now: ${GOOGLE}`);
      await look('broken');
      await press(`Disconnect: ${GOOGLE}`);
      await look('disconnect');
      await press('Disconnect');
      await look('disconnected');
      await page.goto(`${stage.origin}/api/v1/connections/google-ads/callback/?code=a&state=b`);
      await look('refused');
      expect(Object.keys(found)).toHaveLength(6);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    },
  );
});
