import { createRequire } from 'node:module';
import { ConfigError } from '../../core/errors.ts';

/** What may be bound. A boolean must not be among them: the driver ends the whole process when it meets one. */
export type SqlValue = string | number | null;

export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The part of the optional peer dependency `libsql` that is used here, so that its types stay out of our own. */
export interface Driver {
  new (path: string, options: { readonly timeout: number }): DriverDatabase;
}

export interface DriverDatabase {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): DriverStatement;
  close(): void;
}

export interface DriverStatement {
  all(values: readonly SqlValue[]): SqlRow[];
  run(values: readonly SqlValue[]): { readonly changes: number };
}

/**
 * Loads `libsql`, which only those who use this store have installed.
 *
 * @param load How to load a CommonJS package (default: from where this file is).
 * @throws {@link ConfigError} `dependency_missing`.
 */
export function loadDriver(load: (name: string) => unknown = createRequire(import.meta.url)): Driver {
  try {
    return load('libsql') as Driver;
  } catch (cause) {
    const installed = !(cause as Error).message.includes("'libsql'");
    const mend = installed
      ? `its binary for ${process.platform} ${process.arch} cannot be loaded; install it again on this machine, with optional dependencies`
      : 'install it beside this package: npm install libsql';
    throw new ConfigError('dependency_missing', `sqliteStore needs the package "libsql": ${mend}.`, {
      cause,
    });
  }
}
