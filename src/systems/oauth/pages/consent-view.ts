import { html, type Html } from '../../../core/html.ts';
import { initialOf } from '../../page.ts';
import type { ApplicationView, ConsentQuestion, ScopeView } from '../interaction.ts';
import { form, type FormSeal } from '../../page-form.ts';
import { CHECK } from '../../page-icons.ts';

export interface ConsentView {
  readonly seal: FormSeal;
  readonly question: ConsentQuestion;
  /** Who is signed in, in the name that was typed. */
  readonly signedInAs: string;
  /** Names this one showing of the question, so that it is answered once. */
  readonly once: string;
}

/** Asks whether an application may act for the user, or for a team's service account. */
export function consentView({ seal, question, signedInAs, once }: ConsentView): Html {
  const { application, scopes, serviceAccount, team, redirectTarget } = question;
  const name = html`<bdi>${application.name}</bdi>`;
  const title = serviceAccount
    ? html`Let ${name} work for ${team === null ? 'your team' : html`<bdi>${team}</bdi>`}?`
    : html`Let ${name} use your account?`;
  return html`${applicationHead(application, title)} ${scopeList(scopes)}
    ${
      serviceAccount &&
      html`<p class="note">
        It will act as a service account of the team, not as you, and goes on when you leave. An administrator
        can end it.
      </p>`
    }
    <dl>
      <div>
        <dt>Signed in as</dt>
        <dd class="split"><bdi>${signedInAs}</bdi> ${otherAccount(seal)}</dd>
      </div>
      <div>
        <dt>Sends you to</dt>
        <dd><bdi>${redirectTarget}</bdi></dd>
      </div>
    </dl>
    ${decision(
      seal,
      html`<input type="hidden" name="once" value="${once}" />
        <input type="hidden" name="scopes" value="${scopes.map((scope) => scope.name).join(' ')}" />`,
    )}`;
}

/** Who asks: the application and whoever stands behind it. */
export function applicationHead({ name, owner }: ApplicationView, title: Html): Html {
  return html`<div class="app">
    <span class="tile" aria-hidden="true">${initialOf(name)}</span>
    <div>
      <h1>${title}</h1>
      ${owner !== '' && html`<p class="lead">An application by <bdi>${owner}</bdi></p>`}
    </div>
  </div>`;
}

/** What is asked for, in the operator's words. */
export function scopeList(scopes: readonly ScopeView[]): Html {
  if (scopes.length === 0)
    return html`<p class="note">It asks for no access to your data, only who you are.</p>`;
  return html`<h2 id="scopes">It will be able to</h2>
    <ul class="scopes" aria-labelledby="scopes">
      ${scopes.map(
        ({ name, description }) =>
          html`<li>${CHECK}<bdi>${description === '' ? name : description}</bdi></li>`,
      )}
    </ul>`;
}

/** Lets somebody else sign in. */
export function otherAccount(seal: FormSeal): Html {
  return form(seal, 'switch', html`<button type="submit" class="inline">Use another account</button>`);
}

/** The two answers. Denying stands first, so that no stray key press ever allows something. */
export function decision(seal: FormSeal, hidden: Html): Html {
  return form(
    seal,
    null,
    html`${hidden}
      <p class="actions">
        <button type="submit" name="action" value="deny" class="secondary">Deny</button>
        <button type="submit" name="action" value="approve" class="primary">Allow</button>
      </p>`,
  );
}
