import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { ConfigError } from '../../core/errors.ts';
import { integer, optional, parseOptions } from '../../core/options.ts';
import { randomToken } from '../../core/secrets.ts';

export interface Argon2Options {
  /** Memory of one hash in KiB; default 19,456 (19 MiB). */
  readonly memoryKib?: number | undefined;
  /** Passes over the memory; default 2. */
  readonly passes?: number | undefined;
  /**
   * The most hashes at one time; the others wait their turn. Default: one fewer than the machine has processors, and at
   * least one, so that a wave of logins leaves one to the requests of everybody else.
   */
  readonly maxConcurrent?: number | undefined;
}

/** Hashes and verifies passwords, off the event loop. */
export interface Passwords {
  /** The hash to keep, in PHC string form with its own salt and parameters. */
  hash(password: string): Promise<string>;
  /**
   * Whether the password belongs to the hash. For `null`, which stands for a user that does not exist, it verifies
   * against a dummy hash of the same cost and says no.
   */
  verify(hash: string | null, password: string): Promise<boolean>;
}

/** What is used of the optional peer. */
interface Argon2 {
  hash(password: string, options: object): Promise<string>;
  hashSync(password: string, options: object): string;
  verify(hash: string, password: string): Promise<boolean>;
}

/**
 * Argon2id through `@node-rs/argon2`, which the host installs. The password is used exactly as it is, whatever its
 * length or characters.
 *
 * @throws {@link ConfigError} `dependency_missing` when `@node-rs/argon2` is not installed.
 * @see RFC 9106, OWASP Password Storage Cheat Sheet (the defaults)
 */
export function argon2Passwords(options: Argon2Options = {}): Passwords {
  const { memoryKib, passes, maxConcurrent } = parseOptions('argon2Passwords', options, {
    memoryKib: optional(integer(8_192, 4_194_304), 19_456),
    passes: optional(integer(1, 100), 2),
    maxConcurrent: optional(integer(1, 1024), Math.max(1, availableParallelism() - 1)),
  });
  const argon2 = loadArgon2();
  const parameters = { algorithm: ARGON2ID, memoryCost: memoryKib, timeCost: passes, parallelism: 1 };
  const dummy = argon2.hashSync(randomToken(128), parameters);
  const inTurn = turns(maxConcurrent);

  return {
    hash: (password) => inTurn(() => argon2.hash(password, parameters)),
    async verify(hash, password) {
      const matches = await inTurn(() => argon2.verify(hash ?? dummy, password));
      return hash !== null && matches;
    },
  };
}

/** Lets so many run at one time, and the others in the order in which they came. */
function turns(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running === most) await new Promise<void>((go) => waiting.push(go));
    else running += 1;
    try {
      return await work();
    } finally {
      // Whoever is next takes over this place, so that nobody who comes meanwhile gets in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** The number of Argon2id in the library's list of algorithms. */
const ARGON2ID = 2;

function loadArgon2(): Argon2 {
  try {
    return createRequire(import.meta.url)('@node-rs/argon2') as Argon2;
  } catch (cause) {
    throw new ConfigError(
      'dependency_missing',
      'argon2Passwords needs the package @node-rs/argon2: run `npm install @node-rs/argon2`.',
      { cause },
    );
  }
}
