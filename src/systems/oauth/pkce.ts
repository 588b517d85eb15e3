import { secretsEqual, sha256 } from '../../core/secrets.ts';
import type { OAuthClient } from '../../services/oauth-clients/document.ts';
import type { OAuthConfig } from './options.ts';

/** Whether an application must bind its codes to a verifier. */
export function requiresPkce({ type }: OAuthClient, { requirePkceForConfidential }: OAuthConfig): boolean {
  return type === 'public' || requirePkceForConfidential;
}

/** Whether a text is a code verifier, or a challenge as it may be written (RFC 7636 sections 4.1 and 4.2). */
export function isVerifier(text: string): boolean {
  return VERIFIER.test(text);
}

/** Whether a verifier is the one behind a challenge of the method S256, which is the only one. */
export function provesChallenge(verifier: string, challenge: string): boolean {
  return secretsEqual(sha256(verifier), challenge);
}

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
