import type { Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';

/** An access token of the Graph API. */
export interface GraphToken {
  readonly accountId: string;
  /** The application that it was made for. */
  readonly appId: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

export interface GraphTokens {
  issue(token: Partial<GraphToken>): string;
  /** The token if it works; `null` when it is unknown, revoked or expired. */
  find(text: string): GraphToken | null;
  /** The long-lived token that a living one is exchanged for. */
  extend(text: string): string | null;
  /** Ends all tokens of a person. */
  revoke(accountId: string): void;
}

export function graphTokens(appId: string, clock: Clock): GraphTokens {
  const tokens = new Map<string, GraphToken>();

  function issue(token: Partial<GraphToken>): string {
    const text = `EAA${randomToken(256)}`;
    const expiresAt = clock.now() + 3_600_000;
    tokens.set(text, { accountId: '', appId, scopes: ['email', 'public_profile'], expiresAt, ...token });
    return text;
  }

  function find(text: string): GraphToken | null {
    const token = tokens.get(text);
    return token === undefined || token.expiresAt <= clock.now() ? null : token;
  }

  return {
    issue,
    find,
    extend(text) {
      const token = find(text);
      return token === null ? null : issue({ ...token, expiresAt: clock.now() + 5_183_944_000 });
    },
    revoke(accountId) {
      for (const [text, token] of tokens) if (token.accountId === accountId) tokens.delete(text);
    },
  };
}
