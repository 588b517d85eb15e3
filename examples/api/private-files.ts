import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small files beside the database that only their owner may read. */
export interface PrivateFiles {
  read(name: string): string | null;
  /** Replaces the whole file in one step. */
  write(name: string, text: string): void;
  /** The file as it is; when there is none, it is made. Of several processes one makes it, and all get that one. */
  keep(name: string, make: () => string): string;
}

/** @param directory Where they are; `null` keeps them in memory. */
export function privateFiles(directory: string | null): PrivateFiles {
  return directory === null ? inMemory() : inDirectory(directory);
}

function inDirectory(directory: string): PrivateFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  /** Writes beside the place first, so that nobody ever reads a half. */
  function stage(name: string, text: string): string {
    const staged = join(directory, `${name}.${process.pid}`);
    rmSync(staged, { force: true });
    writeFileSync(staged, text, { mode: 0o600, flag: 'wx' });
    return staged;
  }

  function read(name: string): string | null {
    try {
      return readFileSync(join(directory, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  return {
    read,
    write: (name, text) => renameSync(stage(name, text), join(directory, name)),
    keep(name, make) {
      const kept = read(name);
      if (kept !== null) return kept;
      const staged = stage(name, make());
      try {
        linkSync(staged, join(directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(staged);
      }
      return read(name) as string;
    },
  };
}

function inMemory(): PrivateFiles {
  const files = new Map<string, string>();
  return {
    read: (name) => files.get(name) ?? null,
    write: (name, text) => void files.set(name, text),
    keep(name, make) {
      const kept = files.get(name) ?? make();
      files.set(name, kept);
      return kept;
    },
  };
}
