import { expect, it } from 'vitest';
import { matrixOf } from './matrix-table.ts';

it('has a line for each case and a column for each host, and says which is missing', () => {
  const table = matrixOf([
    { host: 'Express 4', row: 'a case', passed: true },
    { host: 'Koa 3', row: 'a case', passed: false },
    { host: 'Koa 3', row: 'another', passed: true },
  ]);
  expect(table.split('\n')).toEqual([
    'Express 4 | Koa 3 | case',
    '----------+-------+-----',
    'ok        | FAIL  | a case',
    '-         | ok    | another',
    '2 cases on 2 hosts: 2 of 3 ok',
  ]);
});
