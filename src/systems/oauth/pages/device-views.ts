import { html, type Html } from '../../../core/html.ts';
import type { DeviceRequest } from '../interaction.ts';
import { applicationHead, decision, otherAccount, scopeList } from './consent-view.ts';
import { alert, form, type FormSeal } from '../../page-form.ts';

export interface DeviceCodeView {
  readonly seal: FormSeal;
  readonly signedInAs: string;
  /** What was entered before, or came with the address. */
  readonly userCode: string;
  readonly problem: string | null;
}

/** Asks for the code that a device shows. */
export function deviceCodeView({ seal, signedInAs, userCode, problem }: DeviceCodeView): Html {
  const described = problem === null ? 'code-hint' : 'problem code-hint';
  return html`<h1>Connect a device</h1>
    <p class="lead">Enter the code that your device shows.</p>
    ${alert(problem)}
    ${form(
      seal,
      'enter',
      html`<p class="field">
          <label for="user_code">Code</label>
          <input
            type="text"
            class="code"
            id="user_code"
            name="user_code"
            value="${userCode}"
            maxlength="32"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            required
            autofocus
            aria-describedby="${described}"
            ${problem !== null && html`aria-invalid="true"`}
          />
        </p>
        <p class="hint" id="code-hint">Eight letters. Hyphens and blanks do not matter.</p>
        <button type="submit" class="primary wide">Continue</button>`,
    )}
    ${account(seal, signedInAs)}`;
}

export interface DeviceQuestionView {
  readonly seal: FormSeal;
  readonly request: DeviceRequest;
  readonly signedInAs: string;
}

/** Asks whether the device may act for the user. */
export function deviceQuestionView({ seal, request, signedInAs }: DeviceQuestionView): Html {
  const { application, scopes, userCode } = request;
  return html`${applicationHead(application, html`Connect <bdi>${application.name}</bdi>?`)}
    <p class="shown"><bdi>${userCode}</bdi></p>
    <p class="note">
      Allow this only if a device of yours shows this code at this moment. If somebody sent it to you, deny:
      they would get your access.
    </p>
    ${scopeList(scopes)} ${account(seal, signedInAs)}
    ${decision(seal, html`<input type="hidden" name="user_code" value="${userCode}" />`)}`;
}

function account(seal: FormSeal, signedInAs: string): Html {
  return html`<dl>
    <div>
      <dt>Signed in as</dt>
      <dd class="split"><bdi>${signedInAs}</bdi> ${otherAccount(seal)}</dd>
    </div>
  </dl>`;
}
