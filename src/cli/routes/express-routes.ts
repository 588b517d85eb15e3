import { METHODS } from 'node:http';
import {
  endpointsOf,
  guardsAbove,
  guardsOf,
  joinPaths,
  type FoundRoute,
  type Standing,
} from './found-route.ts';

/** The router of an Express 4 or 5 application; `undefined` when this is none. */
export function expressRouter(app: unknown): ExpressRouter | undefined {
  if (typeof app !== 'function') return undefined;
  // Express 4 keeps it in `_router`, and throws when `router` is asked for.
  const { _router: router } = app as { _router?: unknown };
  const found = router ?? ('stack' in app ? app : (app as { router?: unknown }).router);
  return hasStack(found) ? found : undefined;
}

/** Lists the routes of a router and of the routers in it, in the order in which they are tried. */
export function expressRoutes(
  router: ExpressRouter,
  front = '/',
  outside: readonly Standing[] = [],
): readonly FoundRoute[] {
  const standing = [...outside];
  const routes: FoundRoute[] = [];
  for (const layer of router.stack) {
    if (layer.route === undefined) {
      for (const path of mountPathsOf(layer)) {
        const here = path === null ? null : joinPaths(front, path);
        if (hasStack(layer.handle)) {
          routes.push(...expressRoutes(layer.handle, here ?? joinPaths(front, UNKNOWN), standing));
        }
        // Express wraps an application that is mounted in another, so what is in it cannot be seen.
        if (layer.name === 'mounted_app') {
          const full = joinPaths(here ?? joinPaths(front, UNKNOWN), '*');
          routes.push({ method: '*', path: full, guards: guardsAbove(standing, full), system: null });
        }
        for (const { system, method, path: own } of endpointsOf(layer.handle)) {
          const full = joinPaths(here ?? front, own);
          routes.push({ method: method ?? '*', path: full, guards: guardsAbove(standing, full), system });
        }
        standing.push({ path: here, guards: guardsOf(layer.handle) });
      }
      continue;
    }
    for (const path of pathsOf(layer.route.path)) {
      const full = joinPaths(front, path);
      const above = guardsAbove(standing, full);
      for (const { method, guards } of methodsOf(layer.route)) {
        routes.push({ method, path: full, guards: [...above, ...guards], system: null });
      }
    }
  }
  return routes;
}

/** The parts of Express' routers that are read; 4 and 5 share them. */
export interface ExpressRouter {
  readonly stack: readonly ExpressLayer[];
}

interface ExpressLayer {
  readonly handle: unknown;
  readonly name?: string | undefined;
  readonly route?: ExpressRoute | undefined;
  /** The path as it was written; Express 5. */
  readonly rawPath?: unknown;
  /** The path as an expression, with the names of its parameters; Express 4. */
  readonly regexp?: RegExp | undefined;
  readonly keys?: readonly { readonly name: string | number }[] | undefined;
}

interface ExpressRoute {
  readonly path: unknown;
  readonly methods: Readonly<Record<string, boolean>>;
  readonly stack: readonly { readonly handle: unknown; readonly method?: string | undefined }[];
}

/** Stands for a mount path that cannot be told. */
const UNKNOWN = '/(unknown)';

function hasStack(value: unknown): value is ExpressRouter {
  return typeof value === 'function' && Array.isArray((value as { stack?: unknown }).stack);
}

/** The methods of a route with the guards among their steps; one line where `all` made the same of every method. */
function methodsOf(route: ExpressRoute): readonly Pick<FoundRoute, 'method' | 'guards'>[] {
  const rows = Object.keys(route.methods)
    .filter((method) => route.methods[method] === true)
    .map((method) => ({
      method: method === '_all' ? '*' : method.toUpperCase(),
      // A step without a method runs for all of them.
      guards: route.stack
        .filter((step) => step.method === undefined || step.method === method)
        .flatMap((step) => guardsOf(step.handle)),
    }));
  const [first] = rows;
  const isAll =
    METHODS.every((known) => rows.some(({ method }) => method === known)) &&
    rows.every(({ guards }) => JSON.stringify(guards) === JSON.stringify(first?.guards));
  return isAll && first !== undefined ? [{ method: '*', guards: first.guards }] : rows;
}

function pathsOf(path: unknown): readonly string[] {
  if (Array.isArray(path)) return path.flatMap(pathsOf);
  return [typeof path === 'string' ? path : String(path)];
}

function mountPathsOf(layer: ExpressLayer): readonly (string | null)[] {
  const { rawPath, regexp, keys = [] } = layer;
  if (rawPath !== undefined) {
    return [rawPath].flat().map((path: unknown) => (typeof path === 'string' ? path : null));
  }
  return [regexp === undefined ? null : writtenPath(regexp.source, keys)];
}

/** Reads back what Express 4 made of a mount path: literals and plain parameters only. */
function writtenPath(source: string, keys: readonly { readonly name: string | number }[]): string | null {
  const end = '\\/?(?=\\/|$)';
  if (!source.startsWith('^') || !source.endsWith(end)) return null;
  let next = 0;
  const path = source
    .slice(1, -end.length)
    .replaceAll('(?:\\/([^/]+?))', () => `/:${String(keys[next++]?.name)}`)
    .replaceAll(/\\([-/.])/g, '$1');
  return /^[\w\-./:~%]*$/.test(path) ? path || '/' : null;
}
