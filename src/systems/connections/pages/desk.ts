import { isAuthError, refusalOf, type AuthError } from '../../../core/errors.ts';
import type { HeaderLine, Reply } from '../../../core/reply.ts';
import type { BrowserState } from '../../../services/interactions.ts';
import type { OwnRefusal } from '../../endpoints.ts';
import { pageWriter, type PageWriter } from '../../page.ts';
import { seeOther, type FormSeal } from '../../page-form.ts';
import { messageView } from '../../page-message.ts';
import type { ConnectionsParts } from '../parts.ts';
import { messageOf } from './messages.ts';
import type { Notice } from './notice.ts';
import type { ConnectionsPagesConfig, PageUser } from './options.ts';

/** What the page is written and answered with. */
export interface PageDesk {
  readonly parts: ConnectionsParts;
  readonly config: ConnectionsPagesConfig;
  /** The page's own address, as browsers see it. */
  readonly url: string;
  readonly path: string;
  readonly page: PageWriter;
  /** A page that says what went wrong, whether it was refused or broke. */
  problem(problem: unknown, kind?: string): Reply;
}

export function pageDesk(parts: ConnectionsParts, config: ConnectionsPagesConfig): PageDesk {
  const url = parts.publicUrl.replace(/\/$/, '') + config.path;
  const { host, pathname: path } = new URL(url);
  const page = pageWriter({ ...config, name: config.name ?? host });
  return {
    parts,
    config,
    url,
    path,
    page,
    problem(problem, kind) {
      const refusal = refusalOf(problem);
      const message = messageOf(refusal.code, path, kind ?? null);
      const { status, details } = refusal;
      const { retryAfterSeconds } = details;
      const headers: HeaderLine[] =
        retryAfterSeconds === undefined ? [] : [['Retry-After', String(Math.ceil(retryAfterSeconds))]];
      return page({ status, title: message.title, body: messageView(message), headers });
    },
  };
}

/** A member of a workspace who looks at the page. */
export type Member = PageUser & { readonly workspace: string };

/** One request of one browser. */
export interface Visit {
  readonly desk: PageDesk;
  readonly state: BrowserState;
  readonly member: Member;
}

export function refused(desk: PageDesk, refusal: AuthError, kind?: string): OwnRefusal {
  return { reply: desk.problem(refusal, kind), refusal };
}

/** Whatever went wrong, as the event tells it. */
export function broken(desk: PageDesk, thrown: unknown): OwnRefusal {
  return isAuthError(thrown) ? refused(desk, thrown) : { reply: desk.problem(thrown), thrown };
}

/** A form counts for the user and the workspace it was shown to; in the hands of the next one in this browser it is none. */
export function tokenName({ id, workspace }: Member): string {
  return `connections ${JSON.stringify([id, workspace])}`;
}

export function sealFor({ state, member }: Visit): FormSeal {
  return { token: state.formToken(tokenName(member)) };
}

/** Leads back to the page and tells there what happened, so that loading it again repeats nothing. */
export function told({ desk, state }: Visit, notice: Notice): Reply {
  return seeOther(desk.path, state.with(NOTICE, notice, NOTICE_SECONDS));
}

/** Under this name the browser holds what it is to be told. */
export const NOTICE = 'connections notice';
const NOTICE_SECONDS = 60;
