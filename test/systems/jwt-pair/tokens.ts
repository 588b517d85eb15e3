import { forge, segment } from '../../support/jwt-forge.ts';
import { SECRET } from './stage.ts';

/** What a token says of itself, without any check. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return decoded(token, 1);
}

export function headerOf(token: string): Readonly<Record<string, unknown>> {
  return decoded(token, 0);
}

/** The session of a token. */
export function sessionOf(token: string): string {
  return String(claimsOf(token)['sid']);
}

/** The token with some claims changed, or left out where `undefined`, and signed again with the same secret. */
export function resigned(token: string, changes: Readonly<Record<string, unknown>>): string {
  return forge({ payload: { ...claimsOf(token), ...changes }, key: SECRET, algorithm: 'HS256' });
}

/** The token with some claims changed, under the signature that it had. */
export function tampered(token: string, changes: Readonly<Record<string, unknown>>): string {
  const [header, , signature] = token.split('.');
  return `${header}.${segment({ ...claimsOf(token), ...changes })}.${signature}`;
}

/** The same claims under an algorithm that is not the configured one, with the same secret. */
export function otherAlgorithm(token: string): string {
  return forge({ payload: claimsOf(token), key: SECRET, algorithm: 'HS512' });
}

/** The same claims without any signature, and with an empty one in its place. */
export function unsigned(token: string): string {
  return `${segment({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1] ?? ''}.`;
}

function decoded(token: string, part: 0 | 1): Readonly<Record<string, unknown>> {
  const text = Buffer.from(token.split('.')[part] ?? '', 'base64url').toString('utf8');
  return JSON.parse(text) as Record<string, unknown>;
}
