import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

const page = readFileSync(`${PACKAGE_ROOT}README.md`, 'utf8');
const [express, koa, , token] = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, block]) => block);

/** `npm run test:consumers` installs the packed package into these projects, compiles them and runs them. */
describe('the projects of test/consumers', () => {
  it.each([
    ['express/server.ts', express],
    ['koa/server.ts', koa],
    ['express/token.ts', token],
    ['koa/token.ts', token],
  ])('have in %s what the README shows, to the letter', (file, block) => {
    expect(readFileSync(`${PACKAGE_ROOT}test/consumers/${file}`, 'utf8')).toBe(block);
  });
});
