import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

const load = createRequire(import.meta.url);

it.each([
  ['express4', 4],
  ['express', 5],
  ['connect', 3],
  ['koa2', 2],
  ['koa', 3],
])('the matrix has %s of the major %i', (name, major) => {
  const { version } = load(`${name}/package.json`) as { version: string };
  expect(Number.parseInt(version, 10)).toBe(major);
});
