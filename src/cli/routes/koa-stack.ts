import { METHODS } from 'node:http';
import { EVERYWHERE, opaquePath, readPath, type PathPattern } from './path-pattern.ts';
import type { Layer, MiddlewareLayer, RouteLayer, Stack, Step } from './stack.ts';

/** The stack of a Koa application; `null` for anything else. */
export function koaStack(app: unknown): Stack | null {
  if (typeof app !== 'object' || app === null) return null;
  const { middleware } = app as { middleware?: unknown };
  return Array.isArray(middleware) ? sequence(middleware) : null;
}

/** Middlewares as Koa runs them: each only when the one before called its `next`. */
export function sequence(middleware: readonly unknown[], prefix: PathPattern = EVERYWHERE): Stack {
  return {
    identity: middleware,
    prefix,
    isSequence: true,
    layers: middleware.map((handler) => middlewareOn(EVERYWHERE, handler)),
  };
}

/** The stack of the router (`@koa/router`) whose `routes()` a middleware is; `null` for any other. */
export function koaRouterStack(middleware: unknown): Stack | null {
  if (typeof middleware !== 'function') return null;
  const { router } = middleware as { router?: KoaRouter };
  if (!Array.isArray(router?.stack)) return null;
  return {
    identity: router,
    prefix: EVERYWHERE,
    isSequence: false,
    layers: [
      ...router.stack.flatMap((layer) => layersOf(layer, router)),
      ...unmatchedHandlers(router).map((handler) => middlewareOn(null, handler)),
    ],
  };
}

/** The parts of the router that are read. */
interface KoaRouter {
  readonly stack: readonly KoaLayer[];
  /** Only the last layer that matches runs then. */
  readonly exclusive?: unknown;
  readonly opts?: { readonly routerPath?: unknown } | undefined;
  /** What runs when no route matches. */
  readonly _events?:
    { readonly _handlers?: ReadonlyMap<unknown, readonly unknown[]> | undefined } | undefined;
}

interface KoaLayer {
  readonly path: unknown;
  readonly methods: readonly string[];
  readonly stack: readonly unknown[];
  readonly regexp?: RegExp | undefined;
  readonly opts?: { readonly end?: unknown; readonly pathAsRegExp?: unknown } | undefined;
}

function unmatchedHandlers({ _events: events = {} }: KoaRouter): readonly unknown[] {
  const { _handlers: handlers } = events;
  return [...(handlers?.values() ?? [])].flat();
}

function layersOf(layer: KoaLayer, router: KoaRouter): readonly Layer[] {
  if (layer.methods.length > 0) return [routeOf(layer, router)];
  const covers = router.exclusive ? null : coveredBy(layer);
  return layer.stack.map((handler) => middlewareOn(covers, handler));
}

function routeOf({ path, methods, regexp, stack, opts }: KoaLayer, router: KoaRouter): RouteLayer {
  const isPlain =
    typeof path === 'string' && opts?.pathAsRegExp !== true && router.opts?.routerPath === undefined;
  const isAll = METHODS.every((method) => methods.includes(method));
  const shown = methods.filter((method) => method !== 'HEAD' || !methods.includes('GET'));
  return {
    kind: 'route',
    path: isPlain
      ? readPath(path, regexp?.ignoreCase !== true, 'groups')
      : opaquePath(`(${String(regexp ?? path)})`),
    methods: (isAll ? ['*'] : shown).map((method) => ({ method, steps: stack.map(stepOf) })),
  };
}

/**
 * Where middleware of a router surely runs. The router's own expression decides: middleware without a path of its own
 * in a router with a prefix minds case although the routes beside it do not, and middleware at `/` runs for `/` alone.
 */
function coveredBy({ path, regexp }: KoaLayer): PathPattern | null {
  if (typeof path !== 'string' || regexp === undefined || regexp.global || regexp.sticky) return null;
  const suffix = ['(?:\\/|$)', '{/*rest}', '(.*)'].find((each) => path.endsWith(each)) ?? '';
  const front = path.slice(0, path.length - suffix.length).replace(/\/$/, '');
  const pattern = readPath(front, !regexp.ignoreCase, 'groups');
  if (pattern.segments.some(({ kind }) => kind === 'opaque')) return null;
  const sample = pattern.segments.map(({ kind, text }) => `/${kind === 'any' ? 'any' : text}`).join('');
  const isFront = [sample || '/', `${sample}/more`, `${sample}/more/of/it`].every((each) =>
    regexp.test(each),
  );
  return isFront ? pattern : null;
}

/** A middleware of Koa; what it wraps sees the whole path. */
function middlewareOn(covers: PathPattern | null, handler: unknown): MiddlewareLayer {
  return { kind: 'middleware', ...stepOf(handler), covers, prefix: EVERYWHERE };
}

/** An error passes every middleware of Koa as an exception. */
function stepOf(handler: unknown): Step {
  return { handler, isForErrors: false };
}
