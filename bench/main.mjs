// Measures and prints one page. `npm run bench`, `npm run bench -- jwt ip`, `npm run bench -- --json`; `--check` prints
// the targets instead and ends with 1 where one is missed; `--write` puts everything into docs/performance.md.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { toJson, toTable, toVerdict } from './lib/report.mjs';
import { writePage } from './lib/page.mjs';

/** Each group is loaded when it is asked for, so that one needs no more than its own peers. */
const GROUPS = {
  jwt: async () => (await import('./jwt.mjs')).jwtRows(),
  'api-key': async () => (await import('./credentials.mjs')).credentialRows(),
  ip: async () => (await import('./ip.mjs')).ipRows(),
  chain: async () => (await import('./chain.mjs')).chainRows(),
  http: async () => (await import('./http.mjs')).httpRows(),
  refresh: async () => (await import('./refresh.mjs')).refreshRows(),
  import: async () => (await import('./imports.mjs')).importRows(),
  memory: async () => (await import('./memory.mjs')).memoryRows(),
  login: async () => (await import('./login.mjs')).loginRows(),
  oauth: async () => (await import('./oauth.mjs')).oauthRows(),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, check: { type: 'boolean' }, write: { type: 'boolean' } },
});
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
  rows.push(...(await GROUPS[name]()));
}
const machine = `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim()}`;
if (values.json === true) {
  process.stdout.write(`${JSON.stringify({ machine, rows: toJson(rows) }, null, 2)}\n`);
} else {
  const verdict = toVerdict(rows);
  const heading = `${machine}; medians of interleaved rounds, and the distance of their quartiles`;
  process.stdout.write(
    `${values.check === true ? verdict.text : `${heading}${toTable(rows)}\n\n${verdict.text}`}\n`,
  );
  if (values.check === true && verdict.missed > 0) process.exitCode = 1;
}
if (values.write === true) {
  process.stderr.write('bench: growth ...\n');
  const { growths } = await import('./growth.mjs');
  writePage(machine, rows, await growths());
}
