import { html } from '../../../core/html.ts';
import type { ReasonCode } from '../../../core/reasons.ts';
import type { Message } from '../../page-message.ts';
import { companyOf, labelOf } from './words.ts';

/**
 * What people are told when a page or a callback cannot do what it was to.
 *
 * @param path Where the connections are.
 */
export function messageOf(code: ReasonCode, path: string, kind: string | null): Message {
  if (code === 'dependency_unavailable') {
    return {
      title: kind === null ? 'Something does not answer' : `${companyOf(kind)} does not answer`,
      text: 'Nothing has been lost. Please try again in a little while.',
      detail: html`<p class="note"><a href="">Try again</a></p>`,
    };
  }
  const [title, text] = TEXTS[code] ?? OTHER;
  return {
    title: title(kind === null ? 'The account' : labelOf(kind)),
    text,
    detail: html`<p class="note"><a href="${path}">Back to the connections</a></p>`,
  };
}

type Title = (account: string) => string;

const NOT_CONNECTED: Title = (account) => `${account} was not connected`;
const OTHER: readonly [Title, string] = [
  () => 'That did not work',
  'Nothing has been changed. Please try again.',
];

const TEXTS: Readonly<Partial<Record<ReasonCode, readonly [title: Title, text: string]>>> = {
  connection_state_invalid: [
    () => 'This link is not good any more',
    'It was used before, is older than ten minutes, or was opened in another browser. Nothing has been connected.',
  ],
  connection_denied: [NOT_CONNECTED, 'You did not allow it, so nothing has changed.'],
  connection_exchange_failed: [
    NOT_CONNECTED,
    'The answer that came back could not be used. Please connect it again.',
  ],
  connection_scope_missing: [
    NOT_CONNECTED,
    'Not everything was allowed that the connection needs. Please connect it again and leave everything ticked.',
  ],
  permission_denied: [
    () => 'You may not connect this',
    'Somebody else began this, or you do not belong to the workspace any more. Nothing has been connected.',
  ],
  workspace_missing: [
    () => 'You have no workspace',
    'Connections belong to a workspace. Ask somebody to add you to theirs.',
  ],
  interaction_invalid: [
    () => 'Your browser sent two sessions',
    'One of them may not be yours, so neither was used. Close the browser, open it again and start over.',
  ],
  not_found: [
    () => 'This cannot be connected here',
    'Accounts of this kind are not set up in this application.',
  ],
};
