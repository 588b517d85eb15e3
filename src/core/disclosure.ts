/**
 * What a stranger may learn about a refusal. Each reason code belongs to exactly one of these, and a dialect answers by
 * them, so that the finer reason stays in the process unless a dialect names it on purpose.
 */
export type Disclosure =
  | 'credentials_missing'
  | 'credentials_malformed'
  | 'token_invalid'
  | 'token_expired'
  | 'login_failed'
  | 'scope_insufficient'
  | 'permission_denied'
  | 'ip_denied'
  | 'body_syntax'
  | 'body_invalid'
  | 'body_media_type'
  | 'body_too_large'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'gone'
  | 'precondition_failed'
  | 'request_refused'
  | 'rate_limited'
  | 'internal_error'
  | 'unavailable';
