import { describe, expect, it } from 'vitest';
import { covers, joinPaths, literalPath, readPath } from '../../../src/cli/routes/path-pattern.ts';

describe('covers', () => {
  it.each([
    ['/', '/a/b', true],
    ['/a', '/a', true],
    ['/A', '/a/b', true],
    ['/a', '/ab', false],
    ['/a/b', '/a', false],
    ['/:tenant', '/a/b', true],
    ['/a', '/:tenant/b', false],
    ['/:tenant', '/(a)?', false],
    ['/(a)?', '/(a)?/b', true],
    ['/:any/(a)?', '/a/(a)?', false],
    ['/a', '//a', false],
  ])('says of a guard below %s and a route at %s: %s', (mount, path, covered) => {
    expect(covers(readPath(mount, false, 'groups'), readPath(path, false, 'groups'))).toBe(covered);
  });

  it.each([
    [true, true, '/a', '/a', true],
    [true, true, '/A', '/a', false],
    [true, false, '/a', '/a', false],
    [false, true, '/A', '/a', true],
    [true, false, '/:any', '/a', true],
  ])(
    'with a mount and a route that mind case (%s, %s): %s, %s: %s',
    (mounted, routed, mount, path, covered) => {
      expect(covers(readPath(mount, mounted, 'groups'), readPath(path, routed, 'groups'))).toBe(covered);
    },
  );

  it.each([
    ['/x/:id?', 'regexp', true],
    ['/x/:id(\\\\d+)/y', 'regexp', true],
    ['/x/*', 'regexp', true],
    ['/x/y|/z', 'regexp', false],
    ['/x/?y', 'regexp', false],
    ['/x/(y', 'regexp', false],
    ['/x{/:id}', 'groups', false],
    ['/x/{:id}', 'groups', true],
    ['/x/*rest', 'groups', true],
  ] as const)('says of a guard below /x and a route at %s (%s): %s', (path, grammar, covered) => {
    expect(covers(readPath('/x', false, grammar), readPath(path, false, grammar))).toBe(covered);
  });

  it('takes a prefix that ends in a slash to cover what is behind the same, and no more', () => {
    const mount = literalPath('/x/', true);
    const route = readPath('/y', true, 'groups');
    expect(covers(mount, joinPaths(mount, route))).toBe(true);
    expect(covers(mount, readPath('/x', true, 'groups'))).toBe(false);
    expect(covers(mount, readPath('/x/y', true, 'groups'))).toBe(false);
  });
});
