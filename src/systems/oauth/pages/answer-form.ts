import { isAuthError } from '../../../core/errors.ts';
import {
  expired,
  isOwnForm,
  readPageForm,
  seeOther,
  unreadable,
  withoutSignIn,
  type PageAnswer,
  type PageDesk,
  type PageForm,
  type Visit,
} from './page-desk.ts';
import { signIn, type SignInPage } from './sign-in.ts';

/** What a page does with its forms. */
export interface FormPage {
  /** The page's own address, where whoever signs in or out goes on. */
  readonly here: string;
  readonly signInPage: SignInPage;
  /** Does what else a form asks for, which is surely from this browser and for this page. */
  readonly act: (fields: PageForm) => Promise<PageAnswer>;
}

/** Takes a form of a page that people have to sign in on: signs them in, lets somebody else do so, or does what it asks for. */
export async function answerForm(
  desk: PageDesk,
  visit: Visit,
  { here, signInPage, act }: FormPage,
): Promise<PageAnswer> {
  const fields = await readPageForm(visit.exchange);
  if (isAuthError(fields)) return unreadable(desk, fields);
  const action = fields.get('action');
  if (action === 'sign-in') {
    const state = await signIn(desk, visit, signInPage, fields);
    return 'reply' in state ? state : seeOther(here, state);
  }
  if (!isOwnForm(desk, visit, fields)) return expired(desk);
  if (action === 'switch') return seeOther(here, withoutSignIn(visit));
  return act(fields);
}
