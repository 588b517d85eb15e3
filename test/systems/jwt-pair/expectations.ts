import { expect } from 'vitest';
import { expectJson } from '../../support/governed-answer.ts';
import type { HttpAnswer } from '../../support/http-client.ts';

/** A refusal: its status and its body, byte for byte, and the headers that depend on the case. */
export interface Refusal {
  readonly status: number;
  readonly body: string;
  readonly allow?: string | undefined;
  readonly retryAfter?: string | undefined;
}

const detail = (status: number, text: string): Refusal => ({ status, body: `{"detail":"${text}"}` });
const coded = (text: string, code: string): Refusal => ({
  status: 401,
  body: `{"detail":"${text}","code":"${code}"}`,
});
const badToken = (text: string): Refusal => coded(text, 'token_not_valid');

/** A token of the request itself that is refused. */
export const refusedAccess = (message: string): Refusal => ({
  status: 401,
  body:
    '{"detail":"Given token not valid for any token type","code":"token_not_valid",' +
    `"messages":[{"token_class":"AccessToken","token_type":"access","message":"${message}"}]}`,
});

/** What is wrong with fields, as in `{"email":["This field is required."]}`. */
export const fields = (problems: Readonly<Record<string, string>>): Refusal => ({
  status: 400,
  body: JSON.stringify(Object.fromEntries(Object.entries(problems).map(([name, text]) => [name, [text]]))),
});

export const REQUIRED = 'This field is required.';
export const BLANK = 'This field may not be blank.';
export const NULL = 'This field may not be null.';
export const NO_STRING = 'Not a valid string.';

export const LOGIN_FAILED = detail(401, 'No active account found with the given credentials');
export const NO_ACCOUNT = detail(401, 'No active account found for the given token.');
export const NOT_PROVIDED = detail(401, 'Authentication credentials were not provided.');
export const TWO_VALUES = coded(
  'Authorization header must contain two space-delimited values',
  'bad_authorization_header',
);
export const INVALID = badToken('Token is invalid');
export const EXPIRED = badToken('Token is expired');
export const WRONG_TYPE = badToken('Token has wrong type');
export const NO_EXP = badToken("Token has no 'exp' claim");
export const NO_ID = badToken('Token has no id');
export const NO_TYPE = badToken('Token has no type');
export const BLACKLISTED = badToken('Token is blacklisted');
export const INSPECTED_BLACKLISTED: Refusal = {
  status: 400,
  body: '{"non_field_errors":["Token is blacklisted"]}',
};
export const NO_IDENTIFICATION = badToken('Token contained no recognizable user identification');
export const USER_GONE = coded('User not found', 'user_not_found');
export const USER_INACTIVE = coded('User is inactive', 'user_inactive');
export const FORBIDDEN = detail(403, 'You do not have permission to perform this action.');
export const NOT_FOUND = detail(404, 'Not found.');
export const TOO_LARGE = detail(413, 'Request body too large.');
export const NO_DATA: Refusal = { status: 400, body: '{"non_field_errors":["No data provided"]}' };

/** A sentence about a sign-in as a whole. */
const nonField = (text: string): Refusal => ({
  status: 400,
  body: JSON.stringify({ non_field_errors: [text] }),
});
export const INCORRECT_INPUT = nonField('Incorrect input. access_token or code is required.');
export const INCORRECT = nonField('Incorrect value');
export const EXCHANGE_FAILED = nonField('Failed to exchange code for access token');
export const STATE_MISSING = nonField('State could not be found in request data.');
export const STATE_UNKNOWN = nonField('State could not be found in server-side session data.');
export const STATE_INVALID = nonField('Invalid state has been provided.');
export const EMAIL_TAKEN = nonField('User is already registered with this e-mail address.');
export const DISABLED = nonField('User account is disabled.');
export const REDIRECT_REFUSED = detail(400, 'redirect_uri is not allowed.');
export const ACCESS_DENIED = detail(400, 'access_denied');
/** What an outage of a provider is answered with. */
export const UNAVAILABLE: Refusal = {
  ...detail(503, 'Service temporarily unavailable, try again later.'),
  retryAfter: '1',
};

export const noDictionary = (type: string): Refusal => ({
  status: 400,
  body: `{"non_field_errors":["Invalid data. Expected a dictionary, but got ${type}."]}`,
});
export const unsupported = (mediaType: string): Refusal => ({
  status: 415,
  body: `{"detail":"Unsupported media type \\"${mediaType}\\" in request."}`,
});
export const notAllowed = (method: string, allow: string = 'POST'): Refusal => ({
  status: 405,
  body: `{"detail":"Method \\"${method}\\" not allowed."}`,
  allow,
});
export const throttled = (header: string, text: string): Refusal => ({
  ...detail(429, `Request was throttled. Expected available in ${text}.`),
  retryAfter: header,
});

/** Expects status, every governed header and the whole body, byte for byte: a challenge with each 401 and with no other. */
export function expectRefusal(answer: HttpAnswer, { status, body, allow, retryAfter }: Refusal): void {
  expectJson(answer, {
    status,
    body,
    headers: {
      'Cache-Control': ['no-store'],
      ...(status === 401 ? { 'WWW-Authenticate': ['Bearer realm="api"'] } : {}),
      ...(allow === undefined ? {} : { Allow: [allow] }),
      ...(retryAfter === undefined ? {} : { 'Retry-After': [retryAfter] }),
    },
  });
}

/** The decoder's own words differ from machine to machine, so that only what stands before them is contract. */
export function expectParseError(answer: HttpAnswer): void {
  expect(answer.text).toMatch(/^\{"detail":"JSON parse error - [^"]+"\}$/);
  expectRefusal(answer, { status: 400, body: answer.text });
}

/** A success of `verify` and `logout`, which no cache may keep. */
export function expectDone(answer: HttpAnswer, body: string): void {
  expectJson(answer, { status: 200, body, headers: { 'Cache-Control': ['no-store'] } });
}

export interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** Expects both tokens and nothing else. */
export function expectPair(answer: HttpAnswer): Pair {
  const { access, refresh } = (answer.status === 200 ? answer.json() : {}) as Partial<Pair>;
  expectTokens(answer, { access, refresh });
  return { access: String(access), refresh: String(refresh) };
}

/** Expects both tokens, and what is told of the user. */
export function expectSignedIn(
  answer: HttpAnswer,
  user: {
    readonly pk: string;
    readonly email: string;
    readonly first_name: string;
    readonly last_name: string;
  },
): Pair {
  const { access, refresh } = (answer.status === 200 ? answer.json() : {}) as Partial<Pair>;
  expectJson(answer, {
    status: 200,
    body: JSON.stringify({ access, refresh, user }),
    headers: {
      'Cache-Control': ['no-store'],
      Pragma: ['no-cache'],
    },
  });
  for (const token of [access, refresh]) expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  return { access: String(access), refresh: String(refresh) };
}

/** Expects an access token and nothing else. */
export function expectAccess(answer: HttpAnswer): string {
  const { access } = (answer.status === 200 ? answer.json() : {}) as Partial<Pair>;
  expectTokens(answer, { access });
  return String(access);
}

function expectTokens(answer: HttpAnswer, tokens: Readonly<Record<string, unknown>>): void {
  expectJson(answer, {
    status: 200,
    body: JSON.stringify(tokens),
    headers: { 'Cache-Control': ['no-store'], Pragma: ['no-cache'] },
  });
  for (const token of Object.values(tokens)) expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
}
