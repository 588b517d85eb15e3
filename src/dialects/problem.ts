import { challengesFor } from '../core/challenge.ts';
import type { Dialect, RenderContext } from '../core/dialect.ts';
import type { AuthError } from '../core/errors.ts';
import { optional, parseOptions, text } from '../core/options.ts';
import { REASONS, type Disclosure } from '../core/reasons.ts';
import type { Reply } from '../core/reply.ts';
import { commonHeaders } from './headers.ts';

export interface ProblemOptions {
  /** The realm of challenges; none by default. */
  readonly realm?: string | undefined;
  /**
   * Where the problem types are described; the code is appended to it. Without it `type` is a URN of the code, which
   * identifies the problem and promises no page.
   */
  readonly typeBaseUrl?: string | undefined;
}

/**
 * Problem details, RFC 9457: `{"type","title","status","code"}` as `application/problem+json`. `code` repeats the end
 * of `type` for programs. Like every dialect it tells only what a stranger may know, never the finer reason.
 */
export function problem(options: ProblemOptions = {}): Dialect {
  const { realm, typeBaseUrl } = parseOptions('problem', options, {
    realm: optional(text, null),
    typeBaseUrl: optional(text, 'urn:portcullis:problem:'),
  });

  return {
    name: 'problem',
    render(error: AuthError, context: RenderContext): Reply {
      const { disclosure, status } = REASONS[error.code];
      const challenges = challengesFor(error, context.schemes, realm);
      return {
        status,
        headers: [['Content-Type', 'application/problem+json'], ...commonHeaders(error, challenges)],
        body: JSON.stringify({
          type: typeBaseUrl + disclosure,
          title: TITLES[disclosure],
          status,
          code: disclosure,
        }),
      };
    },
  };
}

const TITLES: Readonly<Record<Disclosure, string>> = {
  credentials_missing: 'Authentication is required.',
  credentials_malformed: 'The credentials are not in a form that can be read.',
  token_invalid: 'The credential is not valid.',
  token_expired: 'The credential has expired.',
  login_failed: 'The user name or the password is wrong.',
  scope_insufficient: 'The credential lacks a required scope.',
  permission_denied: 'This is not permitted.',
  ip_denied: 'The client address is not permitted.',
  body_syntax: 'The request body cannot be read.',
  body_invalid: 'The request is not valid.',
  body_media_type: 'The content type is not supported.',
  body_too_large: 'The request body is too large.',
  not_found: 'There is nothing here.',
  method_not_allowed: 'The method is not allowed here.',
  conflict: 'The request conflicts with the present state.',
  gone: 'What was here is gone.',
  precondition_failed: 'A precondition of the request does not hold.',
  request_refused: 'The request was refused.',
  rate_limited: 'There were too many requests.',
  internal_error: 'Something went wrong.',
  unavailable: 'The service is temporarily unavailable.',
};
