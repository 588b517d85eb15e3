import { authError, refusalOf, type AuthError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { HeaderLine, Reply } from '../../../core/reply.ts';
import { randomToken } from '../../../core/secrets.ts';
import { interactions, type BrowserState, type Interactions } from '../../../services/interactions.ts';
import type { Identify, OwnRefusal } from '../../endpoints.ts';
import { pageWriter, type PageContent, type PageWriter } from '../../page.ts';
import { wantsHtml, type FormSeal, type PageForm } from '../../page-form.ts';
import type { Interaction } from '../interaction.ts';
import { BROKEN, FORM_EXPIRED, FORM_UNREADABLE, messageView, type Message } from './message-views.ts';
import type { OAuthPagesConfig } from './options.ts';

export { readPageForm, seeOther, wantsHtml, type PageForm } from '../../page-form.ts';

/** What a page answers with. */
export type PageAnswer = Reply | OwnRefusal;

/** Who has signed in, as the browser's cookie says; the directory is asked whether that still holds. */
export interface SignedIn {
  readonly userId: string;
  /** The name that was typed, for people to see whose account it is. */
  readonly label: string;
}

/** What all pages are written and answered with. */
export interface PageDesk {
  readonly interaction: Interaction;
  readonly config: OAuthPagesConfig;
  readonly browsers: Interactions;
  page(content: PageContent): Reply;
  message(status: number, message: Message, headers?: readonly HeaderLine[]): Reply;
}

export function pageDesk(interaction: Interaction, config: OAuthPagesConfig): PageDesk {
  const { store, clock, webAppUrl } = interaction;
  const { origin, host } = new URL(webAppUrl);
  const { sealing, dangerouslyAllowPlainHttp } = config;
  const browsers = interactions('oauthPages', { store, clock, sealing, origin, dangerouslyAllowPlainHttp });
  const page: PageWriter = pageWriter({ ...config, name: config.name ?? host });
  return {
    interaction,
    config,
    browsers,
    page,
    message: (status, message, headers) =>
      page({ status, title: message.title, body: messageView(message), headers }),
  };
}

/** One request of one browser to the pages of one interaction. */
export interface Visit {
  readonly exchange: Exchange;
  readonly state: BrowserState;
  /** Names the interaction. */
  readonly name: string;
  readonly identify: Identify;
}

export function signedIn({ state, name }: Pick<Visit, 'state' | 'name'>): SignedIn | null {
  return (state.find(name) ?? state.find(REMEMBERED)) as SignedIn | null;
}

/** What the browser holds once somebody has signed in; form tokens from before are void. */
export function withSignIn(desk: PageDesk, { state, name }: Visit, who: SignedIn): BrowserState {
  const { rememberSignInSeconds } = desk.config;
  const entry = { userId: who.userId, label: who.label.slice(0, 100) };
  const next = state.renewed().with(name, entry);
  return rememberSignInSeconds > 0 ? next.with(REMEMBERED, entry, rememberSignInSeconds) : next;
}

/** What the browser holds once nobody is signed in any more. */
export function withoutSignIn({ state, name }: Visit): BrowserState {
  return state.renewed().without(name).without(REMEMBERED);
}

const REMEMBERED = 'sign-in';

export function sealFor({ state, name }: Visit): FormSeal {
  return { token: state.formToken(name) };
}

/** A name for one showing of a question. */
export function freshOnce(): string {
  return randomToken(128);
}

/** Whether a form was sent from this page, in this browser. */
export function isOwnForm(desk: PageDesk, { exchange, state, name }: Visit, fields: PageForm): boolean {
  return desk.browsers.isSentFromPage(exchange) && state.isFormToken(name, fields.get('token'));
}

export function expired(desk: PageDesk): OwnRefusal {
  const reply = desk.message(403, { ...FORM_EXPIRED, again: true });
  return { reply, refusal: authError('interaction_invalid') };
}

export function unreadable(desk: PageDesk, refusal: AuthError): OwnRefusal {
  return { reply: desk.message(refusal.status, FORM_UNREADABLE), refusal };
}

/** The page for an outage; who does not take HTML gets what the system answers with everywhere. */
export function broken(desk: PageDesk, exchange: Exchange, thrown: unknown): OwnRefusal {
  if (!wantsHtml(exchange)) throw thrown;
  const { status, details } = refusalOf(thrown);
  const wait: HeaderLine[] = status === 503 ? [['Retry-After', String(details.retryAfterSeconds ?? 1)]] : [];
  return { reply: desk.message(status, { ...BROKEN, again: true }, wait), thrown };
}
