import { endpointsOf, guardsAbove, guardsOf, type FoundRoute, type Standing } from './found-route.ts';

/** Whether something is a Koa application. */
export function isKoa(app: unknown): app is KoaApplication {
  return (
    typeof app === 'object' && app !== null && Array.isArray((app as { middleware?: unknown }).middleware)
  );
}

/** Lists the routes of the routers of a Koa application (`@koa/router`), in the order in which they are tried. */
export function koaRoutes(app: KoaApplication): readonly FoundRoute[] {
  const standing: Standing[] = [];
  const routes: FoundRoute[] = [];
  for (const middleware of app.middleware) {
    standing.push({ path: '/', guards: guardsOf(middleware) });
    for (const { system, method, path } of endpointsOf(middleware)) {
      routes.push({ method: method ?? '*', path, guards: guardsAbove(standing, path), system });
    }
    const { router } = middleware as { router?: KoaRouter };
    if (router !== undefined && Array.isArray(router.stack)) routes.push(...routesOf(router, standing));
  }
  return routes;
}

export interface KoaApplication {
  readonly middleware: readonly object[];
}

interface KoaRouter {
  readonly stack: readonly KoaLayer[];
}

interface KoaLayer {
  readonly path: unknown;
  readonly methods: readonly string[];
  readonly stack: readonly unknown[];
  readonly opts?: { readonly ignoreCaptures?: boolean | undefined } | undefined;
}

function routesOf(router: KoaRouter, outside: readonly Standing[]): readonly FoundRoute[] {
  const standing = [...outside];
  const routes: FoundRoute[] = [];
  for (const layer of router.stack) {
    const guards = layer.stack.flatMap(guardsOf);
    if (layer.methods.length === 0) {
      // The router marks middleware without a path of its own so; it runs for every route behind it.
      const path = layer.opts?.ignoreCaptures === true ? '/' : layer.path;
      standing.push({ path: typeof path === 'string' ? path : null, guards });
      continue;
    }
    const path = String(layer.path);
    const methods = layer.methods.filter((method) => method !== 'HEAD' || !layer.methods.includes('GET'));
    for (const method of methods) {
      routes.push({ method, path, guards: [...guardsAbove(standing, path), ...guards], system: null });
    }
  }
  return routes;
}
