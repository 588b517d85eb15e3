import { randomBytes } from 'node:crypto';

export const FRAMEWORKS = ['express', 'koa', 'node'] as const;

export type Framework = (typeof FRAMEWORKS)[number];

/** What the environment variables ask for. */
export interface Environment {
  readonly framework: Framework;
  readonly host: string;
  readonly port: number;
  /** What tokens are signed and verified with. */
  readonly secret: string;
  /** Whether to give away credentials for trying things out. */
  readonly demo: boolean;
}

/** A mistake of whoever starts the program; the message is one sentence for that person. */
export class SetupError extends Error {}

/**
 * Reads `FRAMEWORK`, `HOST`, `PORT`, `JWT_SECRET` and `DEMO`; a variable that is empty counts as absent.
 *
 * @throws {@link SetupError} when one of them cannot be used.
 */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const host = variables['HOST'] || '127.0.0.1';
  return {
    framework: framework(variables['FRAMEWORK'] || 'express'),
    host,
    port: port(variables['PORT'] || '3000'),
    secret: secret(variables['JWT_SECRET'] || randomBytes(32).toString('base64url')),
    // A machine that others can reach gets no credentials that nobody asked for.
    demo: isLoopback(host) || variables['DEMO'] === '1',
  };
}

function framework(value: string): Framework {
  const found = FRAMEWORKS.find((name) => name === value);
  if (found === undefined) throw new SetupError(`FRAMEWORK must be express, koa or node, not "${value}".`);
  return found;
}

function port(value: string): number {
  const number = Number(value);
  if (/^\d{1,5}$/.test(value) && number <= 65_535) return number;
  throw new SetupError(
    `PORT must be a whole number from 0 to 65535, not "${value}"; 0 picks one that is free.`,
  );
}

function secret(value: string): string {
  const bytes = Buffer.byteLength(value);
  if (bytes >= 32) return value;
  throw new SetupError(
    `JWT_SECRET must have at least 32 bytes, not ${bytes}; "openssl rand -base64 32" makes one.`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
