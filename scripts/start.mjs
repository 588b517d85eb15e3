// Builds what has changed and runs the example host in this same process, so that a signal reaches it directly.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const build = fileURLToPath(new URL('build.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [build, '--examples'], { stdio: ['ignore', 2, 2] });
if (status !== 0) process.exit(status ?? 1);
await import('../examples/dist/api/main.js');
