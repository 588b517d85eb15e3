import { html, type Html } from '../core/html.ts';
import { CHECK, CROSS } from './page-icons.ts';

/** How one way through the pages ended. */
export interface Message {
  readonly title: string;
  readonly text: string;
  readonly good?: boolean | undefined;
  /** What whoever has to mend it should know. */
  readonly detail?: Html | undefined;
  /** Whether to offer the way back to the page's beginning. */
  readonly again?: boolean | undefined;
}

/** The end of a way: it worked, or it did not and why. */
export function messageView({ title, text, good = false, detail, again = false }: Message): Html {
  return html`<span class="${good ? 'seal' : 'seal bad'}">${good ? CHECK : CROSS}</span>
    <h1>${title}</h1>
    <p class="lead">${text}</p>
    ${again && html`<p class="note"><a href="">Start again</a></p>`} ${detail}`;
}
