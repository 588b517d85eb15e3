import { authError, isAuthError, type AuthError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { html, type Html } from '../core/html.ts';
import type { Reply } from '../core/reply.ts';
import type { BrowserState } from '../services/interactions.ts';
import { readBody } from './request-body.ts';

/** What every form of a page carries besides what people see. */
export interface FormSeal {
  /** The token of the browser and the interaction. */
  readonly token: string;
}

/**
 * A form that posts to the address it was shown under, query included, so that the pages need not know what a proxy or a
 * framework put in front of it.
 *
 * @param action What the form asks for; `null` where its buttons say so themselves.
 */
export function form(seal: FormSeal, action: string | null, content: Html): Html {
  return html`<form method="post">
    <input type="hidden" name="token" value="${seal.token}" />
    ${action !== null && html`<input type="hidden" name="action" value="${action}" />`} ${content}
  </form>`;
}

/** What went wrong, read out as soon as the page is there. */
export function alert(problem: string | null): Html | null {
  return problem === null ? null : html`<p class="alert" role="alert" id="problem">${problem}</p>`;
}

/** The fields of a form, each at most once. */
export type PageForm = ReadonlyMap<string, string>;

/** Reads a form; nothing else is a form, whatever it holds. */
export async function readPageForm(exchange: Exchange): Promise<PageForm | AuthError> {
  const body = await readBody(exchange, ['form']);
  if (isAuthError(body)) return body;
  if (body.kind !== 'form') return authError('body_invalid');
  const fields = new Map(body.fields);
  return fields.size === body.fields.length ? fields : authError('body_invalid');
}

/** Sends the browser on with GET, whatever it came with (RFC 9110 section 15.4.4), so never 307. */
export function seeOther(location: string, state: BrowserState): Reply {
  return {
    status: 303,
    headers: [
      ['Location', location],
      ['Cache-Control', 'no-store'],
      ['Pragma', 'no-cache'],
      ['Referrer-Policy', 'no-referrer'],
      state.cookie,
    ],
    body: '',
  };
}

/** Whether a person looks at the answer: every browser asks for HTML, and programs as good as never do. */
export function wantsHtml(exchange: Exchange): boolean {
  return exchange.headerLines('accept').some((line) => line.toLowerCase().includes('text/html'));
}
