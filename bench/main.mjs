// Measures and prints one page. `npm run bench`, `npm run bench -- jwt ip`, `npm run bench -- --json`.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { ipRows } from './ip.mjs';
import { jwtRows } from './jwt.mjs';
import { toJson, toTable } from './lib/report.mjs';

const GROUPS = { jwt: jwtRows, ip: ipRows };

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const unknown = positionals.find((name) => !Object.hasOwn(GROUPS, name));
if (unknown !== undefined) {
  process.stderr.write(
    `bench: there is no group "${unknown}"; choose among ${Object.keys(GROUPS).join(', ')}\n`,
  );
  process.exit(2);
}

const rows = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(GROUPS)) {
  process.stderr.write(`bench: ${name} ...\n`);
  rows.push(...GROUPS[name]());
}
const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}`;
process.stdout.write(
  values.json === true
    ? `${JSON.stringify({ machine, rows: toJson(rows) }, null, 2)}\n`
    : `${machine}; medians of interleaved rounds, and the distance of their quartiles${toTable(rows)}\n`,
);
