import {
  execFileSync,
  spawnSync,
  type SpawnSyncOptionsWithStringEncoding,
  type SpawnSyncReturns,
} from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.ts';

/** A PostgreSQL server of the tests, or the host's own. */
export interface Postgres {
  /** The connection string of a role that may make databases and roles. */
  readonly adminUrl: string;
  /** Makes an empty database, and gives its connection string for the administrator. */
  createDatabase(): Promise<string>;
  /** Removes the databases and, if this started it, the server. */
  stop(): Promise<void>;
}

/** A server of the tests' own, which can be ended, begun and frozen. */
export interface OwnPostgres extends Postgres {
  readonly port: number;
  /** Ends the server, `immediate` without a word to its clients; what was committed is on the disk. */
  halt(mode: 'fast' | 'immediate'): void;
  /** Begins it again, on the same port. */
  begin(): void;
  /** Halts all its processes in their tracks: connections stay open, and nothing answers. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Ends it at once and without its doing, and begins it again. */
  crash(): void;
}

/** Where a server comes from; `null` where there is neither `DATABASE_URL` nor a PostgreSQL that can be started. */
export const POSTGRES_SOURCE: 'DATABASE_URL' | 'installed' | null = sourceOf();

/** Uses the server of `DATABASE_URL`, or starts one on a free loopback port, in a temporary folder. */
export async function startPostgres(): Promise<Postgres> {
  if (POSTGRES_SOURCE === null) throw new Error('There is no PostgreSQL on this machine.');
  const url = process.env['DATABASE_URL'];
  return url === undefined ? startOwnPostgres() : around(url, () => undefined);
}

/** Whether a server can be started here; the one of `DATABASE_URL` is not the tests' to halt. */
export const CAN_START_POSTGRES: boolean = canStart();

/** The same connection string for another role. */
export function urlFor(url: string, role: string, password: string): string {
  const other = new URL(url);
  other.username = role;
  other.password = password;
  return other.href;
}

/**
 * Starts a server on a free loopback port, in a temporary folder.
 *
 * @param settings Settings of the server's own, such as `max_connections=50`.
 */
export async function startOwnPostgres(settings: readonly string[] = []): Promise<OwnPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const bin = binaries() as string;
  if (isRoot()) {
    const ids = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })),
    );
    chownSync(folder, ids[0] as number, ids[1] as number);
  }

  function begin(): void {
    const all = ['max_connections=50', 'fsync=off', ...settings].map((setting) => `-c ${setting}`).join(' ');
    const options = `-h 127.0.0.1 -p ${port} -k '' ${all}`;
    succeed(run(bin, 'pg_ctl', ['start', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options]));
  }
  function halt(mode: 'fast' | 'immediate'): void {
    succeed(run(bin, 'pg_ctl', ['stop', '-D', data, '-m', mode, '-w']));
  }
  /** The server's first process, and its children, which each have a session of their own. */
  function processes(): readonly number[] {
    const first = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(first)], { encoding: 'utf8' });
    return [first, ...(children.match(/\d+/g) ?? []).map(Number)];
  }
  function stop(): void {
    run(bin, 'pg_ctl', ['stop', '-D', data, '-m', 'immediate', '-w']);
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    succeed(run(bin, 'initdb', ['-D', data, '-U', 'admin', '--auth=trust', '-E', 'UTF8', '--no-sync']));
    begin();
  } catch (error) {
    stop();
    throw error;
  }
  return {
    ...around(`postgres://admin@127.0.0.1:${port}/postgres`, stop),
    port,
    begin,
    halt,
    crash() {
      halt('immediate');
      begin();
    },
    freeze: () => processes().forEach((pid) => process.kill(pid, 'SIGSTOP')),
    // The first one last, or it would see the others as they were.
    thaw: () =>
      processes()
        .toReversed()
        .forEach((pid) => process.kill(pid, 'SIGCONT')),
  };
}

function around(adminUrl: string, stop: () => void): Postgres {
  const made: string[] = [];
  async function asAdmin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
  return {
    adminUrl,
    async createDatabase() {
      const name = `portcullis_test_${randomBytes(6).toString('hex')}`;
      await asAdmin(`CREATE DATABASE ${name}`);
      made.push(name);
      const url = new URL(adminUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    async stop() {
      for (const name of made) await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      stop();
    },
  };
}

/** A server refuses to run as root, so root runs it as the user that comes with the package. */
function run(bin: string, program: string, args: readonly string[]): SpawnSyncReturns<string> {
  const path = join(bin, program);
  const options: SpawnSyncOptionsWithStringEncoding = {
    cwd: tmpdir(),
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  };
  return isRoot()
    ? spawnSync('runuser', ['-u', 'postgres', '--', path, ...args], options)
    : spawnSync(path, args, options);
}

function succeed({ status, stderr, error }: SpawnSyncReturns<string>): void {
  if (status !== 0) throw new Error(`PostgreSQL did not start: ${error?.message ?? stderr}`);
}

function sourceOf(): typeof POSTGRES_SOURCE {
  if (process.env['DATABASE_URL'] !== undefined) return 'DATABASE_URL';
  return canStart() ? 'installed' : null;
}

function canStart(): boolean {
  return binaries() !== null && (!isRoot() || spawnSync('id', ['-u', 'postgres']).status === 0);
}

/** The folder with `initdb`, which Debian keeps out of the path. */
function binaries(): string | null {
  const told = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  const root = '/usr/lib/postgresql';
  const installed = existsSync(root) ? readdirSync(root).toSorted((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(told.status === 0 ? [told.stdout.trim()] : []),
    ...installed.map((version) => join(root, version, 'bin')),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}
