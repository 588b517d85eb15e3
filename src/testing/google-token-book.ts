import type { Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';

/** An access or refresh token of the loopback Google. */
export interface LoopbackToken {
  readonly accountId: string;
  /** The client that it was made for. */
  readonly audience: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch; of a refresh token nobody asks. */
  readonly expiresAt: number;
}

/** The tokens that a loopback Google has given out. */
export interface TokenBook {
  access(token: Partial<LoopbackToken>): string;
  refresh(token: Partial<LoopbackToken>): string;
  /** An access token that works. */
  find(text: string): LoopbackToken | null;
  /** A refresh token that works. */
  findRefresh(text: string): LoopbackToken | null;
  /** Ends the grant that a token of either kind belongs to, with all of its tokens. */
  revoke(text: string): boolean;
  isAlive(text: string): boolean;
}

export function tokenBook(audience: string, clock: Clock): TokenBook {
  const accessTokens = new Map<string, LoopbackToken>();
  const refreshTokens = new Map<string, LoopbackToken>();

  function keep(book: Map<string, LoopbackToken>, text: string, token: Partial<LoopbackToken>): string {
    const expiresAt = clock.now() + 3_600_000;
    book.set(text, { accountId: '', audience, scopes: ['openid', 'email', 'profile'], expiresAt, ...token });
    return text;
  }

  function find(text: string): LoopbackToken | null {
    const token = accessTokens.get(text);
    return token === undefined || token.expiresAt <= clock.now() ? null : token;
  }

  return {
    access: (token) => keep(accessTokens, `ya29.${randomToken(256)}`, token),
    refresh: (token) => keep(refreshTokens, `1//${randomToken(256)}`, token),
    find,
    findRefresh: (text) => refreshTokens.get(text) ?? null,
    revoke(text) {
      const token = accessTokens.get(text) ?? refreshTokens.get(text);
      if (token === undefined) return false;
      for (const book of [accessTokens, refreshTokens]) {
        for (const [key, { accountId }] of book) if (accountId === token.accountId) book.delete(key);
      }
      return true;
    },
    isAlive: (text) => find(text) !== null || refreshTokens.has(text),
  };
}
