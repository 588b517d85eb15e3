import type { Reporter, TestModule } from 'vitest/node';
import { matrixOf, type Cell } from './matrix-table.ts';

/** Prints the cases of the host matrix by host, on one page; `npm run test:hosts` asks for it. */
// oxlint-disable-next-line import/no-default-export -- a reporter that is named on the command line is the default export
export default class MatrixReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const matrix = modules.find(({ moduleId }) => moduleId.endsWith('/test/hosts/matrix.test.ts'));
    const cells = [...(matrix?.children.allTests() ?? [])].map((test): Cell => ({
      host: test.parent.type === 'suite' ? test.parent.name : '',
      row: test.name,
      passed: test.result().state === 'passed',
    }));
    process.stdout.write(`${matrixOf(cells)}\n`);
  }
}
