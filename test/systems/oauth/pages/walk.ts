import type { HttpAnswer } from '../../../support/http-client.ts';
import { formBrowser, type FormBrowser } from '../../../support/form-browser.ts';
import type { PagesHost } from './pages-host.ts';

export const AUTHORIZE = '/oauth/authorize?client_id=ledger&state=s1';
export const ADA = { username: 'ada@acme.example', password: 'correct horse' };

export function browserOf(host: PagesHost): FormBrowser {
  return formBrowser(host, host.origin);
}

/** Signs in on the page of this address and goes on to what comes next. */
export async function signInAt(browser: FormBrowser, path: string): Promise<HttpAnswer> {
  await browser.get(path);
  return browser.follow(await browser.submit('sign-in', ADA));
}

/** The main heading of a page, as text. */
export function heading({ text }: Pick<HttpAnswer, 'text'>): string | undefined {
  return /<h1>([\s\S]*?)<\/h1>/
    .exec(text)?.[1]
    ?.replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** What a page says is wrong. */
export function problem({ text }: Pick<HttpAnswer, 'text'>): string | undefined {
  return /role="alert"[^>]*>([^<]*)</.exec(text)?.[1];
}
