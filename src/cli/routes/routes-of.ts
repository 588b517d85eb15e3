import type { FoundRoute } from './found-route.ts';
import { applicationStack } from './handler.ts';
import { routesOfStack } from './walk.ts';

export type { FoundRoute } from './found-route.ts';

export interface RoutesOptions {
  /**
   * The names of functions of yours that only pass requests on: that answer none, change no path, and make no error good.
   * Body parsers of Express and Koa need not be named. None by default.
   */
  readonly passThrough?: readonly string[] | undefined;
}

/**
 * Lists the routes of an Express 4 or 5, Connect or Koa application (with `@koa/router`), each with the guards that stand
 * in front of it. It looks into routers, into applications mounted in others (by `use`, `koa-mount`), and into what
 * `koa-compose` has put together. It only reads: no handler is called.
 *
 * A guard counts for a route when it surely runs before it: it was added earlier, below a path that covers the route's.
 * Any other function may answer by itself, so it is listed as `unseen` unless it is a handler of a route behind all of
 * the route's guards, or is named in the options.
 *
 * @throws {TypeError} For anything else, a plain `node:http` server included, whose routes are code.
 */
export function routesOf(app: unknown, options: RoutesOptions = {}): readonly FoundRoute[] {
  const stack = applicationStack(app);
  if (stack !== null) return routesOfStack(stack, new Set(options.passThrough));
  throw new TypeError('this is no Express application and no Koa application, so it has no list of routes');
}
