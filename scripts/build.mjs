// Compiles the package to dist/, and with --examples the example host to examples/dist/ against that build. It prints to
// standard error only, because `npm start -- --json` owns standard output.
import { compile } from './compile.mjs';

const force = process.argv.includes('--force');
compile({
  name: 'package',
  project: 'tsconfig.build.json',
  sources: ['src', 'strategies'],
  out: 'dist',
  force,
});
if (process.argv.includes('--examples')) {
  const project = 'examples/tsconfig.build.json';
  compile({ name: 'examples', project, sources: ['examples'], out: 'examples/dist', after: 'dist', force });
}
