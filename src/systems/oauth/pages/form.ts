import { html, type Html } from '../../../core/html.ts';

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
