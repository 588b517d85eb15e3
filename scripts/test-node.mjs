// Runs the tests that depend on Node itself and on the frameworks under another Node: `npm run test:node -- 22 24`.
// The npm package `node` brings the binary, so that nothing has to be installed first.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TESTS = ['core', 'tokens', 'strategies', 'adapters', 'hosts', 'passport'].map(
  (each) => `test/${each}/`,
);

const versions = process.argv.slice(2);
if (versions.length === 0 || !versions.every((version) => /^\d+(\.\d+){0,2}$/.test(version))) {
  console.error('test-node: give versions of Node, as in: npm run test:node -- 22 24');
  process.exit(2);
}

for (const version of versions) {
  const node = ['--yes', '--package', `node@${version}`, '--', 'node'];
  spawnSync('npx', [...node, '--print', '`Node ${process.version}`'], { cwd: ROOT, stdio: 'inherit' });
  const { status } = spawnSync('npx', [...node, 'node_modules/vitest/vitest.mjs', 'run', ...TESTS], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
