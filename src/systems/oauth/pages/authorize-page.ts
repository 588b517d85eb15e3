import { authError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { html } from '../../../core/html.ts';
import { jsonReply, NO_STORE } from '../../../core/reply.ts';
import { sha256 } from '../../../core/secrets.ts';
import type { Endpoint } from '../../endpoints.ts';
import {
  AUTHORIZE_PATH,
  type AuthorizationRequest,
  type DirectRefusal,
  type Redirection,
} from '../interaction.ts';
import { answerForm } from './answer-form.ts';
import { consentView } from './consent-view.ts';
import { formTargetOf } from './form-target.ts';
import { refusedRequest } from './message-views.ts';
import {
  freshOnce,
  sealFor,
  seeOther,
  signedIn,
  unreadable,
  wantsHtml,
  withoutSignIn,
  type PageAnswer,
  type PageDesk,
  type PageForm,
  type Visit,
} from './page-desk.ts';
import { pageEndpoints } from './page-endpoints.ts';
import { signInPage, type SignInPage } from './sign-in.ts';

/**
 * The pages of the authorization endpoint: sign-in and consent, under the address of the request itself. Nothing about
 * the request is kept; it is read again from the query at every step, and the sign-in counts for this query alone.
 */
export function authorizePage(desk: PageDesk): readonly Endpoint[] {
  const { authorization, webAppUrl } = desk.interaction;

  return pageEndpoints(desk, {
    path: AUTHORIZE_PATH,
    name: 'oauth_authorize',
    visitName: ({ query }) => `authorize ${sha256(query)}`,
    answer,
  });

  async function answer(visit: Visit): Promise<PageAnswer> {
    const { exchange, state } = visit;
    const reading = await authorization.read(exchange);
    if (reading.kind === 'refuse-directly') return refuse(exchange, reading.refusal);
    if (reading.kind === 'redirect-error') {
      return { reply: seeOther(reading.location, state), refusal: reading.cause };
    }
    const { request } = reading;
    try {
      return await (exchange.method === 'POST' ? post(visit, request) : show(visit, request));
    } catch (thrown) {
      return { reply: seeOther(authorization.fail(request, thrown).location, ended(visit)), thrown };
    }
  }

  function refuse(exchange: Exchange, refusal: DirectRefusal): PageAnswer {
    const { status, error, description, cause } = refusal;
    const reply = wantsHtml(exchange)
      ? desk.message(status, refusedRequest(refusal))
      : jsonReply(status, { error, error_description: description }, NO_STORE);
    return { reply, refusal: cause };
  }

  async function show(visit: Visit, request: AuthorizationRequest): Promise<PageAnswer> {
    const who = signedIn(visit);
    if (who === null) return signInPage(desk, visit, signInFor(request));
    const step = await authorization.resume(request, who.userId);
    if (step.kind === 'sign-in') {
      const without = { ...visit, state: withoutSignIn(visit) };
      return signInPage(desk, without, signInFor(request));
    }
    visit.identify({ kind: 'user', id: who.userId });
    if (step.kind === 'redirect') return sendOn(visit, step);
    return desk.page({
      title: `Allow ${request.application.name}?`,
      body: consentView({
        seal: sealFor(visit),
        question: step.question,
        signedInAs: who.label,
        once: freshOnce(),
      }),
      formTargets: targetsOf(request),
      headers: [visit.state.cookie],
    });
  }

  function post(visit: Visit, request: AuthorizationRequest): Promise<PageAnswer> {
    return answerForm(desk, visit, {
      here: here(visit),
      signInPage: signInFor(request),
      async act(fields) {
        const action = fields.get('action');
        if (action === 'approve' || action === 'deny') return decide(visit, request, fields, action);
        return unreadable(desk, authError('body_invalid'));
      },
    });
  }

  async function decide(
    visit: Visit,
    request: AuthorizationRequest,
    fields: PageForm,
    action: 'approve' | 'deny',
  ): Promise<PageAnswer> {
    const who = signedIn(visit);
    // Whoever is not signed in any more, and whoever sends a form twice, begins again where they stand.
    if (who === null) return seeOther(here(visit), visit.state);
    const once = fields.get('once') ?? '';
    if (!(await desk.browsers.useOnce(`${visit.state.id} ${visit.name} ${once}`)))
      return seeOther(here(visit), visit.state);
    visit.identify({ kind: 'user', id: who.userId });
    if (action === 'deny') return sendOn(visit, authorization.deny(request));
    // What was shown is what was allowed, also when the application may have more by the time the form arrives.
    const shown = (fields.get('scopes') ?? '').split(' ');
    return sendOn(visit, await authorization.approve(request, who.userId, shown));
  }

  /** The sign-in was for this request, and the request has its answer. */
  function sendOn(visit: Visit, { location, refusal }: Redirection): PageAnswer {
    const reply = seeOther(location, ended(visit));
    return refusal === undefined ? reply : { reply, refusal };
  }

  function signInFor(request: AuthorizationRequest): SignInPage {
    return {
      purpose: html`continue to <strong><bdi>${request.application.name}</bdi></strong>`,
      formTargets: targetsOf(request),
    };
  }

  /** Also of the sign-in: who has agreed before goes on from there to the application at once. */
  function targetsOf({ redirectUri }: AuthorizationRequest): readonly string[] {
    return [...new Set([formTargetOf(redirectUri), ...desk.config.onwardOrigins])];
  }

  function here({ exchange }: Visit): string {
    return `${webAppUrl}${AUTHORIZE_PATH}?${exchange.query}`;
  }
}

function ended({ state, name }: Visit): Visit['state'] {
  return state.without(name);
}
