import { createServer } from 'node:http';
import { routesOf } from 'portcullis/routes';
import { describe, expect, it } from 'vitest';
import { isGuarded } from '../../../src/cli/routes/found-route.ts';
import { shopOnExpress, shopOnKoa } from './applications.ts';
import { inShort } from './stage.ts';

describe.each([4, 5] as const)('routesOf an Express %s application', (major) => {
  const routes = routesOf(shopOnExpress(major));

  it('names every route with the guards in front of it, in order', () => {
    expect(inShort(routes)).toEqual([
      'GET /health open',
      'GET /forgotten',
      'POST /auth/login by login',
      'GET /api/orders/:id authenticate authenticate require_scopes',
      'POST /api/orders/ authenticate',
      'GET /reports authenticate ip_allowlist',
      '* /anything',
      'GET /inner/forgotten',
    ]);
  });

  it('tells the routes that nothing guards', () => {
    const forgotten = routes.filter((route) => !isGuarded(route)).map(({ path }) => path);
    expect(forgotten).toEqual(['/forgotten', '/anything', '/inner/forgotten']);
  });
});

describe('routesOf a Koa application', () => {
  it('names every route of its routers with the guards in front of it', () => {
    expect(inShort(routesOf(shopOnKoa()))).toEqual([
      'POST /auth/login by login',
      'GET /health open',
      'GET /forgotten',
      'GET /api/orders/:id authenticate authenticate require_scopes',
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
