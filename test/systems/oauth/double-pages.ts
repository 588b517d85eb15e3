import { StoreError } from '../../../src/core/errors.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import { jsonReply, type Reply } from '../../../src/core/reply.ts';
import type { Endpoint } from '../../../src/systems/endpoints.ts';
import type {
  AuthorizationRequest,
  ConsentQuestion,
  Interaction,
  InteractionPages,
} from '../../../src/systems/oauth/system.ts';

/**
 * Pages without any HTML, as a host may write its own against the interface: who is signed in and what they decide stands
 * in headers of the test (`X-User`, `X-Decision`, `X-Scopes`, `X-Browser`), what would be shown is answered as JSON.
 */
export function doublePages(): InteractionPages {
  return {
    endpoints: (interaction): readonly Endpoint[] => [
      {
        method: 'GET',
        path: '/oauth/authorize',
        name: 'oauth_authorize',
        handle: (exchange) => authorize(interaction, exchange),
      },
      {
        method: 'GET',
        path: '/oauth/device',
        name: 'oauth_device_page',
        handle: (exchange) => device(interaction, exchange),
      },
    ],
  };
}

async function authorize({ authorization }: Interaction, exchange: Exchange): Promise<Reply> {
  const reading = await authorization.read(exchange);
  if (reading.kind === 'refuse-directly') {
    const { status, error, description } = reading.refusal;
    return jsonReply(status, { error, error_description: description }, [['Cache-Control', 'no-store']]);
  }
  if (reading.kind === 'redirect-error') return seeOther(reading.location);
  const { request } = reading;
  try {
    return await decide(exchange, request, authorization);
  } catch (thrown) {
    return seeOther(authorization.fail(request, thrown).location);
  }
}

async function decide(
  exchange: Exchange,
  request: AuthorizationRequest,
  authorization: Interaction['authorization'],
): Promise<Reply> {
  const userId = header(exchange, 'x-user');
  if (userId === undefined) return jsonReply(200, { page: 'sign-in' });
  const step = await authorization.resume(request, userId);
  if (step.kind === 'sign-in') return jsonReply(200, { page: 'sign-in' });
  if (step.kind === 'redirect') return seeOther(step.location);
  const decision = header(exchange, 'x-decision');
  if (decision === 'approve') {
    return seeOther((await authorization.approve(step.question, userId, scopesOf(exchange))).location);
  }
  if (decision === 'deny') return seeOther(authorization.deny(request).location);
  if (decision === 'fail') throw new Error('a page failed');
  if (decision === 'outage') throw new StoreError('the users are out of reach');
  return jsonReply(200, { page: 'consent', question: shown(step.question) });
}

async function device({ device: interaction }: Interaction, exchange: Exchange): Promise<Reply> {
  const userId = header(exchange, 'x-user');
  if (userId === undefined) return jsonReply(200, { page: 'sign-in' });
  const userCode = new URLSearchParams(exchange.query).get('user_code') ?? '';
  const throttleKey = header(exchange, 'x-browser') ?? 'a browser';
  const reading = await interaction.lookup(exchange, { userCode, throttleKey, userId });
  if (reading.kind === 'wait') {
    return jsonReply(429, { page: 'wait' }, [['Retry-After', String(reading.retryAfterSeconds)]]);
  }
  if (reading.kind === 'not-valid') return jsonReply(200, { page: 'not-valid' });
  const { request } = reading;
  const decision = header(exchange, 'x-decision');
  if (decision === undefined) return jsonReply(200, { page: 'confirm', request });
  const decider = header(exchange, 'x-decider') ?? userId;
  const { kind } =
    decision === 'approve'
      ? await interaction.approve(request, decider, scopesOf(exchange))
      : await interaction.deny(request, decider);
  return jsonReply(200, { page: kind });
}

function shown({ application, scopes, redirectTarget, serviceAccount, team }: ConsentQuestion): object {
  return { application, scopes, redirectTarget, serviceAccount, team };
}

function seeOther(location: string): Reply {
  return {
    status: 303,
    headers: [
      ['Location', location],
      ['Cache-Control', 'no-store'],
    ],
    body: '',
  };
}

function scopesOf(exchange: Exchange): readonly string[] | undefined {
  const scopes = header(exchange, 'x-scopes');
  return scopes === undefined ? undefined : scopes.split(' ').filter((scope) => scope !== '');
}

function header(exchange: Exchange, name: string): string | undefined {
  return exchange.headerLines(name)[0];
}
