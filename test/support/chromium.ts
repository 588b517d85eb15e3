import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The browser of `CHROMIUM_PATH`, or the first one on the PATH; `undefined` when the machine has none. */
const CHROMIUM: string | undefined = findChromium();

export interface VisitOptions {
  readonly colorScheme?: 'light' | 'dark' | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Whether pages may run scripts; default false, since ours must work without. */
  readonly scripts?: boolean | undefined;
}

/** One person's browser: a fresh profile with one page. */
export interface Visit {
  readonly page: Page;
  /** Every URL that was asked for, with its method, such as `GET http://127.0.0.1:3000/`. */
  readonly requests: readonly string[];
  /** What the browser complained of: errors of the console, such as a policy that was violated, and of scripts. */
  readonly complaints: readonly string[];
}

/** Opens a browser of its own, without cookies; it is closed after the test. */
export type OpenVisit = (options?: VisitOptions) => Promise<Visit>;

/** Declares tests that go through a real Chromium. Where there is none they are skipped, each by its name. */
export function inChromium(title: string, tests: (visit: OpenVisit) => void): void {
  describe.skipIf(CHROMIUM === undefined)(title, () => {
    let browser: Browser;
    const open = new Set<Page>();

    beforeAll(async () => {
      browser = await launch(CHROMIUM as string);
    });
    afterEach(async () => {
      await Promise.all([...open].map((page) => page.context().close()));
      open.clear();
    });
    afterAll(() => browser.close());

    tests(async ({ colorScheme = 'light', width = 720, height = 560, scripts = false } = {}) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height },
        javaScriptEnabled: scripts,
        locale: 'en-US',
        timezoneId: 'UTC',
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      open.add(page);
      const requests: string[] = [];
      const complaints: string[] = [];
      page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`));
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      return { page, requests, complaints };
    });
  });
}

/** How long the browser may take for one step, so that a page that lacks something fails under the name of its test. */
const PATIENCE_MS = 10_000;

function launch(executablePath: string): Promise<Browser> {
  // The sandbox of the browser needs rights that root gives away: it refuses to start then.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...args, '--disable-gpu', '--disable-background-networking', '--font-render-hinting=none'],
  });
}

function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
