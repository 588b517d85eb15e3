// Builds what has changed and runs the administrator's tool on the example host's store:
// `npm run portcullis -- sessions list --user 7`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { status } = spawnSync(process.execPath, [here('build.mjs'), '--examples'], {
  stdio: ['ignore', 2, 2],
});
if (status !== 0) process.exit(status ?? 1);
if (!process.argv.includes('--config'))
  process.argv.push('--config', here('../examples/dist/api/portcullis.config.js'));
await import('../dist/src/cli/main.js');
