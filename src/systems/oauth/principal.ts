import type { Claims, Principal } from '../../core/principal.ts';

/** Who a request with an access token is: a user, a service account, or the application itself. */
export interface OAuthPrincipal extends Principal {
  readonly kind: SubjectKind;
  /** The application that the token was issued to. */
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The team that the token is for; `null` when it is for none. */
  readonly workspace: string | null;
  readonly sessionId: string;
  readonly claims: Claims;
}

export type SubjectKind = 'user' | 'service_account' | 'client';

/** Whom a token is for. */
export interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
}

/** What an access token says, whether it carries it or is looked up. */
export interface AccessClaims {
  readonly iss: string;
  /** The application, as in the system's own tokens. */
  readonly aud: string;
  readonly client_id: string;
  readonly sub: string;
  /** Users, service accounts and applications may have the same ids. */
  readonly sub_kind: SubjectKind;
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly scopes: readonly string[];
  /** The team. */
  readonly ws?: string | undefined;
  readonly sid: string;
  readonly gen: number;
  readonly av: number;
}

/** Reads the claims of a token of this issuer; `null` for a token that this system never writes. */
export function accessClaimsOf(claims: Claims): AccessClaims | null {
  const { sub_kind: kind, scopes, gen, av, ws } = claims as Partial<AccessClaims>;
  const isOwn =
    (kind === 'user' || kind === 'service_account' || kind === 'client') &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === 'string') &&
    Number.isSafeInteger(gen) &&
    typeof av === 'number' &&
    (ws === undefined || typeof ws === 'string');
  return isOwn ? (claims as unknown as AccessClaims) : null;
}

export function principalOf(claims: AccessClaims): OAuthPrincipal {
  const { sub_kind: kind, sub: id, client_id: clientId, scopes, ws, sid: sessionId } = claims;
  return {
    kind,
    id,
    clientId,
    scopes,
    workspace: ws ?? null,
    sessionId,
    claims: claims as unknown as Claims,
  };
}
