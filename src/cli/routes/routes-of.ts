import { expressRouter, expressRoutes } from './express-routes.ts';
import type { FoundRoute } from './found-route.ts';
import { isKoa, koaRoutes } from './koa-routes.ts';

export type { FoundRoute } from './found-route.ts';

/**
 * Lists the routes of an Express 4 or 5 application, or of a Koa application with `@koa/router`, each with the guards
 * that stand in front of it. It only reads: no handler is called.
 *
 * A guard counts for a route when it surely runs before it: it was added earlier, below a path that covers the route's.
 * Handlers outside a router, and applications mounted in another, cannot be seen.
 *
 * @throws {TypeError} For anything else, a plain `node:http` server included, whose routes are code.
 */
export function routesOf(app: unknown): readonly FoundRoute[] {
  if (isKoa(app)) return koaRoutes(app);
  const router = expressRouter(app);
  if (router !== undefined) return expressRoutes(router);
  throw new TypeError('this is no Express application and no Koa application, so it has no list of routes');
}
