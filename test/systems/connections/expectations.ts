import type { HttpAnswer } from '../../support/http-client.ts';

export const JSON_TYPE = 'application/json';

/** Everything of an answer that is contract: the status, these headers where they stand, and the body. */
export function whole(answer: HttpAnswer): unknown {
  const names = ['Content-Type', 'Cache-Control', 'Pragma', 'WWW-Authenticate', 'Allow', 'Location'];
  const more = ['Content-Length', 'Retry-After', 'Referrer-Policy', 'Set-Cookie'];
  const headers = [...names, ...more].flatMap((name) => {
    const value = answer.header(name);
    return value === undefined || (name === 'Content-Length' && answer.text !== '') ? [] : [[name, value]];
  });
  return { status: answer.status, headers: Object.fromEntries(headers), body: answer.text };
}

export function refusal(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): unknown {
  return {
    status,
    headers: { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify({ detail: text }),
  };
}

const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="api"' };
export const NOT_PROVIDED = refusal(401, 'Authentication credentials were not provided.', CHALLENGE);
export const FORBIDDEN = refusal(403, 'You do not have permission to perform this action.');
export const NOT_FOUND = refusal(404, 'Not found.');
export const BAD_STATE = refusal(400, 'Invalid state has been provided.');
export const NOT_EXCHANGED = refusal(400, 'Failed to exchange code for access token');
export const TOKENS = { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-store', Pragma: 'no-cache' };

/** What a browser that comes back from a provider is sent on with. */
export function sentOnTo(address: string): unknown {
  return {
    status: 302,
    headers: {
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Content-Length': '0',
      'Referrer-Policy': 'no-referrer',
      Location: address,
    },
    body: '',
  };
}
