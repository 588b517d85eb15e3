// Keeps a node at work for ten minutes, or for `--seconds N`, and says whether its memory and its handles stay as they are.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '600' } } });
if (!/^\d{1,5}$/.test(values.seconds)) {
  console.error(`--seconds must be a whole number, not "${values.seconds}".`);
  process.exit(2);
}
const { status } = spawnSync(
  join(ROOT, 'node_modules/.bin/vitest'),
  ['run', '--config', 'vitest.faults.config.ts', 'test/faults/soak.test.ts'],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, SOAK_SECONDS: values.seconds } },
);
process.exitCode = status ?? 1;
