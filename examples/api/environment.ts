import { type ProviderEnvironment, readProviders } from './provider-environment.ts';
import { SetupError } from './setup-error.ts';

export const FRAMEWORKS = ['express', 'koa', 'node'] as const;

export type Framework = (typeof FRAMEWORKS)[number];

/** What the environment variables ask for. */
export interface Environment {
  readonly framework: Framework;
  /** The package to load it from: an older major has a name of its own. */
  readonly frameworkPackage: string;
  readonly host: string;
  readonly port: number;
  /** The URL under which others reach this host; `null` for the one that it listens on. */
  readonly publicUrl: string | null;
  readonly store: StoreLocation;
  /** Where the small files go that belong to a store on a server; other stores have a place of their own. */
  readonly dataDirectory: string;
  /** What tokens are signed and verified with; `null` for one that the host makes itself. */
  readonly secret: string | null;
  /** Addresses and networks of the reverse proxies whose word on the client's address counts. */
  readonly trustedProxies: readonly string[];
  /** The file that every event is written to, one line each; `null` for none. */
  readonly auditLog: string | null;
  /** Other lifetimes than the usual ones, for trying things out. */
  readonly lifetimes: Lifetimes;
  /** How people sign in by Google and Facebook. */
  readonly providers: ProviderEnvironment;
  /** Whether to make users and keys for trying things out, and to tell their secrets. */
  readonly demo: boolean;
}

/** Where everything is kept: in this process, in a file, or with a server that several processes can share. */
export type StoreLocation =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres' | 'redis'; readonly url: string };

/** In the words of every system's options. */
export interface Lifetimes {
  readonly accessSeconds: number | undefined;
  readonly refreshSeconds: number | undefined;
  readonly reuseGraceSeconds: number | undefined;
}

export { SetupError } from './setup-error.ts';

/**
 * Reads `FRAMEWORK`, `EXPRESS_MAJOR`, `KOA_MAJOR`, `HOST`, `PORT`, `PUBLIC_URL`, `STORE`, `DATA_DIR`, `JWT_SECRET`,
 * `TRUSTED_PROXIES`, `ACCESS_SECONDS`, `REFRESH_SECONDS`, `REUSE_GRACE_SECONDS`, `AUDIT_LOG`, `DEMO`, and what
 * {@link readProviders} reads; a variable that is empty counts as absent.
 *
 * @throws {@link SetupError} when one of them cannot be used.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const framework = oneOf('FRAMEWORK', variables['FRAMEWORK'] || 'express', FRAMEWORKS);
  const host = variables['HOST'] || '127.0.0.1';
  const secret = variables['JWT_SECRET'] || null;
  const seconds = (name: string, least: number, most: number): number | undefined =>
    variables[name] ? wholeNumber(name, variables[name], least, most) : undefined;
  return {
    framework,
    frameworkPackage: packageOf(framework, variables),
    host,
    port: wholeNumber('PORT', variables['PORT'] || '3000', 0, 65_535, '; 0 picks one that is free'),
    publicUrl: publicUrlOf(variables['PUBLIC_URL'] || null),
    store: storeLocation(variables['STORE'] || 'sqlite:./.data/portcullis.db'),
    dataDirectory: variables['DATA_DIR'] || '.data',
    secret: secret === null ? null : longEnough(secret),
    trustedProxies: (variables['TRUSTED_PROXIES'] ?? '').split(',').flatMap((proxy) => proxy.trim() || []),
    auditLog: variables['AUDIT_LOG'] || null,
    lifetimes: {
      accessSeconds: seconds('ACCESS_SECONDS', 1, 86_400),
      refreshSeconds: seconds('REFRESH_SECONDS', 1, 31_536_000),
      reuseGraceSeconds: seconds('REUSE_GRACE_SECONDS', 0, 300),
    },
    providers: readProviders(variables),
    // A machine that others can reach gets no credentials that nobody asked for.
    demo: isLoopback(host) || variables['DEMO'] === '1',
  };
}

function oneOf<T extends string>(name: string, value: string, values: readonly T[]): T {
  const found = values.find((each) => each === value);
  if (found !== undefined) return found;
  throw new SetupError(`${name} must be ${values.join(', ').replace(/, (\w+)$/, ' or $1')}, not "${value}".`);
}

function wholeNumber(name: string, value: string, least: number, most: number, hint = ''): number {
  const number = Number(value);
  if (/^\d{1,8}$/.test(value) && number >= least && number <= most) return number;
  throw new SetupError(`${name} must be a whole number from ${least} to ${most}, not "${value}"${hint}.`);
}

function packageOf(framework: Framework, variables: NodeJS.ProcessEnv): string {
  if (framework === 'express')
    return oneOf('EXPRESS_MAJOR', variables['EXPRESS_MAJOR'] || '5', ['4', '5']) === '4'
      ? 'express4'
      : 'express';
  if (framework === 'koa')
    return oneOf('KOA_MAJOR', variables['KOA_MAJOR'] || '3', ['2', '3']) === '2' ? 'koa2' : 'koa';
  return 'node:http';
}

function storeLocation(store: string): StoreLocation {
  if (store === 'memory:') return { kind: 'memory' };
  const path = /^sqlite:(?!\/\/)(.+)$/s.exec(store)?.[1];
  if (path !== undefined && path !== ':memory:') return { kind: 'sqlite', path };
  if (/^postgres(?:ql)?:\/\/./.test(store) && URL.canParse(store)) return { kind: 'postgres', url: store };
  if (/^rediss?:\/\/./.test(store) && URL.canParse(store)) return { kind: 'redis', url: store };
  // Whatever follows the scheme may hold a password.
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(store)?.[0] ?? 'something else';
  throw new SetupError(
    `STORE must be memory:, sqlite: with the path of a file, or a URL of postgres: or redis:, not ${scheme}.`,
  );
}

function publicUrlOf(url: string | null): string | null {
  if (url === null || (/^https?:\/\/[^/?#]+$/.test(url) && URL.canParse(url))) return url;
  throw new SetupError(
    `PUBLIC_URL must be a URL such as https://api.example.com, without a path, not "${url}".`,
  );
}

function longEnough(secret: string): string {
  const bytes = Buffer.byteLength(secret);
  if (bytes >= 32) return secret;
  throw new SetupError(
    `JWT_SECRET must have at least 32 bytes, not ${bytes}; "openssl rand -base64 32" makes one.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
