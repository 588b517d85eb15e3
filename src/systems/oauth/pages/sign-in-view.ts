import { html, type Html } from '../../../core/html.ts';
import type { AuthError } from '../../../core/errors.ts';
import { alert, form, type FormSeal } from '../../page-form.ts';

export interface SignInView {
  readonly seal: FormSeal;
  /** What the sign-in is for, as the end of a sentence. */
  readonly purpose: Html;
  /** The name that was tried before. */
  readonly username: string;
  readonly problem: string | null;
}

/** Asks for a name and a password. */
export function signInView({ seal, purpose, username, problem }: SignInView): Html {
  const invalid = problem === null ? null : html`aria-invalid="true" aria-describedby="problem"`;
  return html`<h1>Sign in</h1>
    <p class="lead">to ${purpose}</p>
    ${alert(problem)}
    ${form(
      seal,
      'sign-in',
      html`<p class="field">
          <label for="username">User name or e-mail</label>
          <input
            type="text"
            id="username"
            name="username"
            value="${username}"
            autocomplete="username"
            autocapitalize="none"
            spellcheck="false"
            required
            ${username === '' && html`autofocus`}
            ${invalid}
          />
        </p>
        <p class="field">
          <label for="password">Password</label>
          <input
            type="password"
            id="password"
            name="password"
            autocomplete="current-password"
            required
            ${username !== '' && html`autofocus`}
            ${invalid}
          />
        </p>
        <button type="submit" class="primary wide">Sign in</button>`,
    )}`;
}

/** Why a sign-in did not go through, in words that tell nobody which names exist. */
export function signInProblem({ code, details }: AuthError): string {
  if (code === 'rate_limited')
    return `Too many tries. Wait ${inWords(details.retryAfterSeconds ?? 60)}, then try again.`;
  if (code === 'interaction_invalid')
    return 'This page was open for too long, or under another address than its own. Please sign in again.';
  if (code === 'login_failed') return 'The user name or the password is not right.';
  return 'Enter your user name and your password.';
}

/** A time to wait as people say it, never shorter than it is. */
export function inWords(seconds: number): string {
  if (seconds <= 1) return 'a second';
  if (seconds <= 90) return `${Math.ceil(seconds)} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}
