import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { interleave } from './lib/measure.mjs';

const ROUNDS = 15;
const dist = (path) => new URL(`../dist/${path}`, import.meta.url).href;

/** What importing costs a process that starts. @returns {Promise<import('./lib/report.mjs').Row[]>} */
export async function importRows() {
  return [
    {
      group: 'import',
      row: 'the IP allowlist',
      floor: 'ipaddr.js',
      unit: 'ms',
      results: await timesOf({
        'ipaddr.js': ['ipaddr.js'],
        portcullis: [dist('src/middleware/ip-allowlist.js')],
      }),
      targets: [{ candidate: 'portcullis', atMost: 1.5 }],
    },
    {
      group: 'import',
      row: 'an adapter and the JWT strategy',
      floor: 'passport-jwt',
      unit: 'ms',
      results: await timesOf({
        'passport-jwt': ['passport-jwt'],
        portcullis: [
          dist('src/express.js'),
          dist('src/middleware/authenticate.js'),
          dist('strategies/jwt-bearer.js'),
        ],
      }),
      targets: [{ candidate: 'portcullis', atMost: 1.3 }],
    },
  ];
}

/** @param {Record<string, string[]>} candidates */
function timesOf(candidates) {
  return interleave(Object.keys(candidates), async (name) => timeOf(candidates[name]), ROUNDS);
}

/** Imports modules in a process of their own, and asks it how long that took. @param {string[]} modules */
function timeOf(modules) {
  const script = `
    const started = performance.now();
    for (const module of ${JSON.stringify(modules)}) await import(module);
    process.stdout.write(String(performance.now() - started));`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}
