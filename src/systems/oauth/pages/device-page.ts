import { authError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import { html } from '../../../core/html.ts';
import type { HeaderLine } from '../../../core/reply.ts';
import type { Endpoint } from '../../endpoints.ts';
import { DEVICE_PATH, type DeviceReading } from '../interaction.ts';
import { answerForm } from './answer-form.ts';
import { deviceCodeView, deviceQuestionView } from './device-views.ts';
import { DEVICE_CONNECTED, DEVICE_DENIED } from './message-views.ts';
import {
  sealFor,
  seeOther,
  signedIn,
  unreadable,
  withoutSignIn,
  type PageAnswer,
  type PageDesk,
  type SignedIn,
  type Visit,
} from './page-desk.ts';
import { pageEndpoints } from './page-endpoints.ts';
import { signInPage, type SignInPage } from './sign-in.ts';
import { inWords } from './sign-in-view.ts';

/**
 * The pages on which people connect a device: sign-in, the code, the question (RFC 8628 section 3.3). A code in the
 * address only fills the field, so that nobody looks one up, or decides, by following a link.
 */
export function devicePage(desk: PageDesk): readonly Endpoint[] {
  const { device, webAppUrl } = desk.interaction;

  return pageEndpoints(desk, {
    path: DEVICE_PATH,
    name: 'oauth_device_page',
    visitName: () => 'device',
    answer: (visit) => (visit.exchange.method === 'POST' ? post(visit) : show(visit)),
  });

  async function show(visit: Visit): Promise<PageAnswer> {
    const who = await whoIsThere(visit);
    if (who === null) return signInPage(desk, visit, SIGN_IN);
    return codePage(visit, who, { userCode: codeOf(visit.exchange) });
  }

  function post(visit: Visit): Promise<PageAnswer> {
    return answerForm(desk, visit, {
      here: here(visit),
      signInPage: SIGN_IN,
      async act(fields) {
        const who = await whoIsThere(visit);
        if (who === null) return seeOther(here(visit), withoutSignIn(visit));
        const action = fields.get('action');
        if (action === 'enter' || action === 'approve' || action === 'deny') {
          return lookUp(visit, who, fields.get('user_code') ?? '', action);
        }
        return unreadable(desk, authError('body_invalid'));
      },
    });
  }

  async function lookUp(
    visit: Visit,
    who: SignedIn,
    userCode: string,
    action: 'enter' | 'approve' | 'deny',
  ): Promise<PageAnswer> {
    const { userId } = who;
    visit.identify({ kind: 'user', id: userId });
    const throttleKey = visit.state.id;
    const reading = await device.lookup(visit.exchange, { userCode, throttleKey, userId });
    if (reading.kind !== 'request') return wrongCode(visit, who, userCode, reading);
    const { request } = reading;
    if (action === 'enter') {
      return desk.page({
        title: `Connect ${request.application.name}?`,
        body: deviceQuestionView({ seal: sealFor(visit), request, signedInAs: who.label }),
        formTargets: [],
        headers: [visit.state.cookie],
      });
    }
    const { kind } =
      action === 'approve' ? await device.approve(request, userId) : await device.deny(request, userId);
    if (kind === 'sign-in') return seeOther(here(visit), withoutSignIn(visit));
    if (kind === 'not-valid') return wrongCode(visit, who, userCode, { kind });
    const ended = [visit.state.without(visit.name).cookie];
    return action === 'approve'
      ? desk.message(200, DEVICE_CONNECTED, ended)
      : { reply: desk.message(200, DEVICE_DENIED, ended), refusal: authError('consent_denied') };
  }

  function wrongCode(
    visit: Visit,
    who: SignedIn,
    userCode: string,
    reading: Exclude<DeviceReading, { kind: 'request' }>,
  ): PageAnswer {
    if (reading.kind === 'not-valid') {
      const problem =
        'This code is not valid. Compare it with your device, or have the device show another one.';
      return {
        reply: codePage(visit, who, { status: 400, userCode, problem }),
        refusal: authError('not_found'),
      };
    }
    const { retryAfterSeconds } = reading;
    const problem = `Too many wrong codes. Wait ${inWords(retryAfterSeconds)}, then try again.`;
    const headers: HeaderLine[] = [['Retry-After', String(retryAfterSeconds)]];
    return {
      reply: codePage(visit, who, { status: 429, userCode, problem, headers }),
      refusal: authError('rate_limited', { retryAfterSeconds }),
    };
  }

  function codePage(
    visit: Visit,
    who: SignedIn,
    shown: {
      readonly status?: number;
      readonly userCode: string;
      readonly problem?: string;
      readonly headers?: readonly HeaderLine[];
    },
  ): ReturnType<PageDesk['page']> {
    const { status, userCode, problem = null, headers = [] } = shown;
    return desk.page({
      status,
      title: problem === null ? 'Connect a device' : 'Error: Connect a device',
      body: deviceCodeView({ seal: sealFor(visit), signedInAs: who.label, userCode, problem }),
      formTargets: [],
      headers: [...headers, visit.state.cookie],
    });
  }

  async function whoIsThere(visit: Visit): Promise<SignedIn | null> {
    const who = signedIn(visit);
    if (who === null) return null;
    return (await desk.interaction.findActiveUser(who.userId)) === null ? null : who;
  }

  function here({ exchange }: Visit): string {
    return `${webAppUrl}${DEVICE_PATH}${exchange.query === '' ? '' : `?${exchange.query}`}`;
  }
}

const SIGN_IN: SignInPage = { purpose: html`connect a device`, formTargets: [] };

/** The code that came with the address (`verification_uri_complete`), if it can be one at all. */
function codeOf({ query }: Exchange): string {
  const codes = new URLSearchParams(query).getAll('user_code');
  return codes.length === 1 && /^[A-Za-z -]{1,32}$/.test(codes[0] as string) ? (codes[0] as string) : '';
}
