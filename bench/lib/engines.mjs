// Redis and PostgreSQL for the bench: those of REDIS_URL and DATABASE_URL, or servers of its own on free loopback ports.
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @returns {Promise<{ url: string, stop: () => void } | null>} `null` where there is none. */
export async function redisServer() {
  if (process.env.REDIS_URL !== undefined) return { url: process.env.REDIS_URL, stop: () => undefined };
  if (spawnSync('redis-server', ['--version']).status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-redis-'));
  const port = await freePort();
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ];
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 2] });
  await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`bench: redis-server ended with ${code}`)));
    child.stdout.on('data', (text) => String(text).includes('Ready to accept') && resolve());
  });
  child.removeAllListeners('exit');
  return {
    url: `redis://127.0.0.1:${port}`,
    stop() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @returns {Promise<{ url: string, stop: () => void } | null>} `null` where there is none. */
export async function postgresServer() {
  if (process.env.DATABASE_URL !== undefined) return { url: process.env.DATABASE_URL, stop: () => undefined };
  const { status, stdout } = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  if (status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-postgres-'));
  const data = join(folder, 'data');
  const port = await freePort();
  // A server refuses to run as root, so root runs it as the user that comes with the package.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, idOf('-u'), idOf('-g'));
  const run = (program, ...args) => {
    const command = [join(stdout.trim(), program), ...args];
    const { status: ended, stderr } = isRoot
      ? spawnSync('runuser', ['-u', 'postgres', '--', ...command], {
          cwd: folder,
          encoding: 'utf8',
          stdio: ['ignore', 'ignore', 'pipe'],
        })
      : spawnSync(command[0], command.slice(1), { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (ended !== 0) throw new Error(`bench: ${program}: ${stderr}`);
  };
  run('initdb', '-D', data, '-U', 'admin', '--auth=trust', '-E', 'UTF8', '--no-sync');
  run('pg_ctl', 'start', '-D', data, '-w', '-l', join(folder, 'log'), '-o', `-h 127.0.0.1 -p ${port} -k ''`);
  return {
    url: `postgres://admin@127.0.0.1:${port}/postgres`,
    stop() {
      run('pg_ctl', 'stop', '-D', data, '-m', 'immediate', '-w');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function idOf(flag) {
  return Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
