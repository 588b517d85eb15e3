// Installs the packed package into the projects of test/consumers, as a user would, compiles them with three majors of
// TypeScript and runs them, by import and by require: `npm run test:consumers`, or with other releases of Node,
// `npm run test:consumers -- 22 24`. The npm package `node` brings their binaries.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const COMPILERS = ['typescript-5', 'typescript-6', 'typescript'];
const env = { ...process.env, JWT_SECRET: 'a secret of the consumers that is long enough', NO_COLOR: '1' };

/** Loads every public entry whose optional peers are installed; an entry that is missing one says so by name. */
const REQUIRE_ALL = `
const { exports: entries } = require('portcullis/package.json');
for (const entry of Object.keys(entries)) {
  try {
    require('portcullis' + entry.slice(1));
  } catch (error) {
    if (!/Cannot find (module|package) '(vitest|libsql|@node-rs)/.test(String(error.message))) throw error;
  }
}`;

/** Follows an error to its page as a developer would, below the folder that the package is installed in. */
const FOLLOW_HELP = `
const { ConfigError } = require('portcullis');
const { readFileSync } = require('node:fs');
const { code, help } = new ConfigError('option_missing', 'tried out');
if (!readFileSync('node_modules/' + help, 'utf8').startsWith('# ' + code)) throw new Error(help);`;
const EXPLAIN = ['node_modules/portcullis/dist/src/cli/main.js', 'explain', 'option_missing'];

/** Puts whatever listens on a free port of the loopback address, and says which. */
const ON_LOOPBACK = `data:text/javascript,${encodeURIComponent(`
import { Server } from 'node:net';
const { listen } = Server.prototype;
Server.prototype.listen = function () {
  return listen.call(this, 0, '127.0.0.1', () => console.log(this.address().port));
};`)}`;

const versions = process.argv.slice(2);
if (!versions.every((version) => /^\d+(\.\d+){0,2}$/.test(version))) {
  console.error('test-consumers: give versions of Node, as in: npm run test:consumers -- 22 24');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'portcullis-consumers-'));
try {
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], ROOT));
  for (const consumer of ['express', 'koa']) await tryOut(consumer, join(folder, packed.filename));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} consumer @param {string} tarball */
async function tryOut(consumer, tarball) {
  const home = join(folder, consumer);
  cpSync(join(ROOT, 'test/consumers', consumer), home, { recursive: true });
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', tarball], home);
  for (const compiler of COMPILERS) {
    run(process.execPath, [join(ROOT, 'node_modules', compiler, 'bin/tsc'), '-p', home], home);
    console.log(`ok  ${consumer}: compiles with TypeScript ${versionOf(compiler)}`);
  }
  for (const node of [[process.execPath], ...versions.map(otherNode)]) {
    const name = run(node[0], [...node.slice(1), '--print', 'process.version'], home).trim();
    await askServer(node, home);
    console.log(`ok  ${consumer}: runs on Node ${name}`);
    run(node[0], [...node.slice(1), '--eval', REQUIRE_ALL], home);
    console.log(`ok  ${consumer}: every entry loads by require on Node ${name}`);
    run(node[0], [...node.slice(1), '--eval', FOLLOW_HELP], home);
    run(node[0], [...node.slice(1), ...EXPLAIN], home);
    console.log(`ok  ${consumer}: an error leads to its page on Node ${name}`);
  }
}

/** Starts what the README shows, and asks it as the README does. @param {string[]} node @param {string} home */
async function askServer(node, home) {
  const token = run(node[0], [...node.slice(1), 'dist/token.js'], home).trim();
  const args = [...node.slice(1), '--import', ON_LOOPBACK, 'dist/server.js'];
  const server = spawn(node[0], args, {
    cwd: home,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  try {
    const port = await new Promise((resolve, reject) => {
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      server.stdout.once('data', (line) => resolve(String(line).trim()));
    });
    const url = `http://127.0.0.1:${port}/products`;
    const refused = await answerOf(url, {});
    const passed = await answerOf(url, { authorization: `Bearer ${token}` });
    if (refused.status !== 401 || refused.body.error?.code !== 'UNAUTHORIZED')
      throw new Error('nobody was let in');
    if (passed.status !== 200 || passed.body.reader !== 'u-17') throw new Error('a good token was refused');
  } finally {
    server.removeAllListeners('exit');
    const ended = new Promise((resolve) => server.once('exit', resolve));
    // The whole group, since npx is between us and the server.
    process.kill(-Number(server.pid), 'SIGKILL');
    await ended;
  }
}

/** @param {string} url @param {Record<string, string>} headers */
async function answerOf(url, headers) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  return { status: response.status, body: await response.json() };
}

function otherNode(version) {
  return ['npx', '--yes', '--package', `node@${version}`, '--', 'node'];
}

function versionOf(compiler) {
  return JSON.parse(readFileSync(join(ROOT, 'node_modules', compiler, 'package.json'), 'utf8')).version;
}

/** @param {string} command @param {string[]} args @param {string} cwd */
function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}${error?.message ?? ''}`);
}
