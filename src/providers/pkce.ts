import { randomToken, sha256 } from '../core/secrets.ts';

/** A fresh code verifier: 256 bits as 43 characters (RFC 7636 section 4.1). */
export function newCodeVerifier(): string {
  return randomToken(256);
}

/** The challenge of a verifier by the method S256 (RFC 7636 section 4.2). */
export function codeChallenge(verifier: string): string {
  return sha256(verifier);
}
