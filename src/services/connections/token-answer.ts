import { ProviderOutage, type ProviderAnswer, type ProviderObject } from '../../providers/transport.ts';

/** What a token endpoint says when it gives tokens (RFC 6749 section 5.1). */
export interface TokenAnswer {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Seconds; `null` when it does not say. */
  readonly expiresIn: number | null;
  /** `null` when it does not say, which means: as requested. */
  readonly scopes: readonly string[] | null;
  readonly body: ProviderObject;
}

/** Reads the answer of a token endpoint; `null` for whatever gives no usable tokens. */
export function readTokenAnswer({ status, body }: ProviderAnswer): TokenAnswer | null {
  if (status !== 200 || body === null) return null;
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, scope } = body;
  if (!isToken(accessToken)) return null;
  if (refreshToken !== undefined && !isToken(refreshToken)) return null;
  if (expiresIn !== undefined && !isLifetime(expiresIn)) return null;
  if (scope !== undefined && typeof scope !== 'string') return null;
  return {
    accessToken,
    refreshToken: refreshToken ?? null,
    expiresIn: expiresIn ?? null,
    scopes: scope === undefined ? null : scope.split(/[\s,]+/).filter((each) => each !== ''),
    body,
  };
}

/** The `error` of a refusal (RFC 6749 section 5.2); `null` when there is none. */
export function errorOf({ body }: ProviderAnswer): string | null {
  const error = body?.['error'];
  return typeof error === 'string' ? error : null;
}

/** An answer that says nothing sensible about tokens which are known: they may be as good as ever. */
export function senseless(provider: string): ProviderOutage {
  return new ProviderOutage('unreadable', `${provider} gave an answer that makes no sense`);
}

/** Visible ASCII (RFC 6749 appendix A.12), as it goes into a header, and not too much of it. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,8192}$/.test(value);
}

/** A length of time that is one: up to ten years. */
function isLifetime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value <= 315_360_000;
}
