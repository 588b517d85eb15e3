import { createServer } from 'node:http';
import { routesOf, type FoundRoute } from 'portcullis/routes';
import { describe, expect, it } from 'vitest';
import { covers, isGuarded } from '../../../src/cli/routes/found-route.ts';
import { shopOnExpress, shopOnKoa } from './applications.ts';

/** Method, path, and the names of the guards: what a reader looks for first. */
function inShort(routes: readonly FoundRoute[]): readonly string[] {
  return routes.map(({ method, path, guards, system }) =>
    [method, path, system ?? '-', ...guards.map(({ guard }) => guard)].join(' '),
  );
}

describe.each([4, 5] as const)('routesOf an Express %s application', (major) => {
  const routes = routesOf(shopOnExpress(major));

  it('names every route with the guards in front of it, in order', () => {
    expect(inShort(routes)).toEqual([
      'GET /health - open',
      'GET /forgotten -',
      'POST /auth/login login',
      'GET /api/orders/:id - authenticate authenticate require_scopes',
      'POST /api/orders/ - authenticate',
      'GET /reports - authenticate ip_allowlist',
      '* /anything -',
      '* /inner/* -',
    ]);
  });

  it('tells the routes that nothing guards', () => {
    const forgotten = routes.filter((route) => !isGuarded(route)).map(({ path }) => path);
    expect(forgotten).toEqual(['/forgotten', '/anything', '/inner/*']);
  });
});

describe('routesOf a Koa application', () => {
  it('names every route of its routers with the guards in front of it', () => {
    expect(inShort(routesOf(shopOnKoa()))).toEqual([
      'POST /auth/login login',
      'GET /health - open',
      'GET /forgotten -',
      'GET /api/orders/:id - authenticate authenticate require_scopes',
    ]);
  });
});

describe('routesOf', () => {
  it.each([
    ['a server', createServer()],
    ['nothing', undefined],
    ['a function', () => undefined],
  ])('refuses %s, which has no list of routes', (_name, app) => {
    expect(() => routesOf(app)).toThrow(TypeError);
  });
});

describe('covers', () => {
  it.each([
    ['/', '/a/b', true],
    ['/a', '/a', true],
    ['/A', '/a/b', true],
    ['/a', '/ab', false],
    ['/a/b', '/a', false],
    ['/:tenant', '/a/b', true],
    ['/a', '/:tenant/b', false],
  ])('says of a guard below %s and a route at %s: %s', (mount, path, covered) => {
    expect(covers(mount, path)).toBe(covered);
  });
});
