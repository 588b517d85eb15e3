// Builds the package to dist/, with --examples also the example host to examples/dist/ against that build, and with --bench
// the inner parts that the bench measures by themselves to bench/dist/. It prints to standard error only, because
// `npm start -- --json` owns standard output.
import { bundle, entriesOf } from './bundle.mjs';
import { compile, ROOT, typescript } from './compile.mjs';

const force = process.argv.includes('--force');
const bundler = ['scripts/bundle.mjs', 'node_modules/rolldown/package.json'];
await compile({
  name: 'package',
  sources: ['src', 'strategies'],
  tools: ['tsconfig.build.json', ...bundler],
  out: 'dist',
  steps: [
    typescript('tsconfig.build.json'),
    (staging) => bundle({ root: ROOT, entries: entriesOf(ROOT), into: staging }),
  ],
  force,
});
if (process.argv.includes('--examples')) {
  const project = 'examples/tsconfig.build.json';
  await compile({
    name: 'examples',
    sources: ['examples'],
    tools: [project],
    out: 'examples/dist',
    after: 'dist',
    steps: [typescript(project)],
    force,
  });
}
if (process.argv.includes('--bench')) {
  const entries = ['network/network-set', 'network/network', 'tokens/feed-reader', 'tokens/revocations'];
  await compile({
    name: 'bench',
    sources: ['src'],
    tools: bundler,
    out: 'bench/dist',
    steps: [
      (staging) => bundle({ root: ROOT, entries: entries.map((entry) => `src/${entry}.ts`), into: staging }),
    ],
    force,
  });
}
