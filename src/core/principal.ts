/** Who a request is: what a strategy recognised and what every later guard and the host's handler see. */
export interface Principal {
  /** What kind of party this is. */
  readonly kind: 'user' | 'client' | 'api_key' | 'service_account';
  /** The party's identifier, unique within its kind. */
  readonly id: string;
  /** The workspace it belongs to; absent or `null` when it has none. */
  readonly workspace?: string | null | undefined;
  /** The account it currently acts on, in systems that have accounts. */
  readonly account?: string | number | undefined;
  /** What it may do; absent means no scope at all. */
  readonly scopes?: readonly string[] | undefined;
  /** The session (refresh family) the credential came from. */
  readonly sessionId?: string | undefined;
  /** Who is really acting, while one user is impersonated by another (RFC 8693 section 4.1). */
  readonly actor?: Actor | undefined;
  /** Whether only safe methods (RFC 9110 section 9.2.1) are allowed, as an impersonation may be limited to. */
  readonly readOnly?: boolean | undefined;
  /** The verified claims of a self-contained token. */
  readonly claims?: Claims | undefined;
}

/**
 * Whether a value can be a principal. A host's callback in plain JavaScript may return anything, and a request must not
 * go on as something that names nobody.
 */
export function isPrincipal(value: unknown): value is Principal {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id } = value as Partial<Principal>;
  return typeof kind === 'string' && typeof id === 'string' && id !== '';
}

/** The party behind an impersonated principal. */
export interface Actor {
  readonly kind: Principal['kind'];
  readonly id: string;
  readonly sessionId?: string | undefined;
}

/** The payload of a verified token; frozen. */
export type Claims = Readonly<Record<string, unknown>>;
