import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

const AUDIT = readFileSync(fileURLToPath(new URL('./audit-in-page.mjs', import.meta.url)), 'utf8');

/** What would keep somebody out of the page that is shown: names, references, contrast, sizes, order. */
export async function obstacles(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(AUDIT);
}

/** One stop of the Tab key. */
export interface Stop {
  /** What a person is told there: the label of a field, the words on a button. */
  readonly name: string;
  /** Whether it can be seen that the focus is there. */
  readonly ring: boolean;
}

/** Where the Tab key leads, from the page's beginning until it leaves the page. */
export async function tabStops(page: Page): Promise<readonly Stop[]> {
  // A page may put the focus somewhere, a moment after it is there, so the first round only leads out of it.
  await page.waitForFunction(
    'document.querySelector("[autofocus]") === null || document.activeElement !== document.body',
  );
  await lap(page);
  return lap(page);
}

/** Presses Tab until the focus leaves the page. */
async function lap(page: Page): Promise<readonly Stop[]> {
  const stops: Stop[] = [];
  for (let press = 0; press < 20; press++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<Stop | null>(FOCUSED);
    if (stop === null) return stops;
    stops.push(stop);
  }
  throw new Error('the Tab key does not leave the page');
}

/** Presses Tab until the focus is on what has this name; it begins where the focus is. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 20; press++) {
    const stop = await page.evaluate<Stop | null>(FOCUSED);
    if (stop?.name === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key does not lead to "${name}"`);
}

const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body || element === document.documentElement) return null;
  const style = getComputedStyle(element);
  const name = element.labels?.[0]?.innerText ?? element.innerText;
  return { name: name.trim(), ring: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2 };
})()`;
