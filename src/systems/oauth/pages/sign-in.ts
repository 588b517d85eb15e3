import { authError, isAuthError, type AuthError } from '../../../core/errors.ts';
import type { Html } from '../../../core/html.ts';
import type { BrowserState } from '../../../services/interactions.ts';
import type { HeaderLine, Reply } from '../../../core/reply.ts';
import type { OwnRefusal } from '../../endpoints.ts';
import { isOwnForm, sealFor, withSignIn, type PageDesk, type PageForm, type Visit } from './page-desk.ts';
import { signInProblem, signInView } from './sign-in-view.ts';

export interface SignInPage {
  /** What the sign-in is for, as the end of "Sign in to ...". */
  readonly purpose: Html;
  readonly formTargets: readonly string[];
}

/** The page that asks for name and password. */
export function signInPage(desk: PageDesk, visit: Visit, page: SignInPage): Reply {
  return write(desk, visit, page, { status: 200, username: '', problem: null });
}

/**
 * Signs in with what a form holds, under the limits of logins. A form that is not from this browser is not even looked
 * at: nobody can be signed in to somebody else's account.
 *
 * @returns What the browser holds from then on, or the page again with what went wrong.
 */
export async function signIn(
  desk: PageDesk,
  visit: Visit,
  page: SignInPage,
  fields: PageForm,
): Promise<BrowserState | OwnRefusal> {
  const username = fields.get('username') ?? '';
  const password = fields.get('password') ?? '';
  function again(refusal: AuthError): OwnRefusal {
    const wait: HeaderLine[] =
      refusal.code === 'rate_limited'
        ? [['Retry-After', String(Math.ceil(refusal.details.retryAfterSeconds ?? 1))]]
        : [];
    const status = STATUS[refusal.code] ?? refusal.status;
    return {
      reply: write(desk, visit, page, { status, username, problem: refusal, headers: wait }),
      refusal,
    };
  }

  if (!isOwnForm(desk, visit, fields)) return again(authError('interaction_invalid'));
  const credentials =
    username === '' || password === '' ? authError('body_invalid') : { name: username, password };
  const login = await desk.interaction.verifyLogin(visit.exchange, credentials);
  if (isAuthError(login)) return again(login);
  await login.accept();
  const { id } = login.user;
  visit.identify({ kind: 'user', id });
  return withSignIn(desk, visit, { userId: id, label: username });
}

/** A page is no challenge, and 401 must have one (RFC 9110 section 15.5.2). */
const STATUS: Readonly<Record<string, number>> = { login_failed: 400 };

interface Written {
  readonly status: number;
  readonly username: string;
  readonly problem: AuthError | null;
  readonly headers?: readonly HeaderLine[];
}

function write(
  desk: PageDesk,
  visit: Visit,
  { purpose, formTargets }: SignInPage,
  { status, username, problem, headers = [] }: Written,
): Reply {
  return desk.page({
    status,
    title: problem === null ? 'Sign in' : 'Error: Sign in',
    body: signInView({
      seal: sealFor(visit),
      purpose,
      username,
      problem: problem === null ? null : signInProblem(problem),
    }),
    formTargets,
    headers: [...headers, visit.state.cookie],
  });
}
