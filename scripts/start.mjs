// Builds what has changed and runs the example host in this same process.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// npm gives a signal to the shell that it runs this program in, and the shell keeps it to itself; it does not notice
// either when npm is killed. So when one of the two is gone, this program asks itself to stop.
const atStart = starters();
const build = fileURLToPath(new URL('build.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [build, '--examples'], { stdio: ['ignore', 2, 2] });
if (status !== 0) process.exit(status ?? 1);
if (starters() !== atStart) process.exit(1);
await import('../examples/dist/api/main.js');
const watch = setInterval(() => {
  if (starters() === atStart) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 250).unref();

/** Names npm's shell and npm; the parent process only, where there is no /proc; and nobody when npm has no part in it. */
function starters() {
  if (process.env.npm_lifecycle_event === undefined) return '';
  const parent = process.ppid;
  try {
    const isShell = readFileSync(`/proc/${parent}/cmdline`, 'utf8').includes('start.mjs');
    // The name of the program is in parentheses and may hold anything; behind it stand the state and the parent's id.
    const [, npm] = /.*\) \S (\d+)/s.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? [];
    return isShell ? `${parent} ${npm}` : `${parent}`;
  } catch {
    return `${parent}`;
  }
}
