import { METHODS } from 'node:http';
import { EVERYWHERE, opaquePath, readPath, writtenPath, type PathPattern } from './path-pattern.ts';
import type { Layer, MiddlewareLayer, RouteLayer, Stack, Step } from './stack.ts';

/** The stack of an application or a router of Express 4 or 5, or of Connect; `null` for anything else. */
export function expressStack(app: unknown): Stack | null {
  const router = routerOf(app);
  if (router === null) return null;
  return {
    identity: router,
    prefix: EVERYWHERE,
    isSequence: false,
    layers: router.stack
      .filter(({ name }, index) => !isExpress4(app) || name === undefined || OWN_LAYERS[index] !== name)
      .flatMap((layer): readonly Layer[] =>
        typeof layer.route === 'object'
          ? routeLayers(layer, layer.route, router)
          : mountLayers(layer, router),
      ),
  };
}

/** The parts of the routers of Express and Connect that are read. */
interface Router {
  readonly stack: readonly RouterLayer[];
  readonly caseSensitive?: boolean | undefined;
  readonly params?: Readonly<Record<string, readonly unknown[]>> | undefined;
}

interface RouterLayer {
  readonly handle: unknown;
  readonly name?: string | undefined;
  /** A route of Express, or the mount path of Connect. */
  readonly route?: Route | string | undefined;
  /** The path as it was written; Express 5. */
  readonly rawPath?: unknown;
  /** The path as an expression, with the names of its parameters; Express 4. */
  readonly regexp?: RegExp | undefined;
  readonly keys?: readonly ParameterName[] | undefined;
}

interface Route {
  readonly path: unknown;
  readonly methods: Readonly<Record<string, boolean>>;
  readonly stack: readonly { readonly handle: unknown; readonly method?: string | undefined }[];
}

interface ParameterName {
  readonly name: string | number;
}

function routerOf(app: unknown): Router | null {
  if (typeof app !== 'function') return null;
  const { _router: router } = app as { _router?: unknown };
  if (hasStack(router)) return router;
  // Express 4 makes its router with the first route, and throws when `router` is asked for.
  if (isExpress4(app)) return { stack: [] };
  const found = 'stack' in app ? app : (app as { router?: unknown }).router;
  return hasStack(found) ? found : null;
}

function hasStack(value: unknown): value is Router {
  return typeof value === 'function' && Array.isArray((value as { stack?: unknown }).stack);
}

function isExpress4(app: unknown): boolean {
  return typeof app === 'function' && 'lazyrouter' in app;
}

/** The router of an application of Express 4 begins with these. */
const OWN_LAYERS: readonly string[] = ['query', 'expressInit'];

function mountLayers(layer: RouterLayer, router: Router): readonly MiddlewareLayer[] {
  // An expression that remembers where it ended matches every other request only.
  const isForgetful = [layer.rawPath, layer.regexp]
    .flat(Infinity)
    .some((path) => path instanceof RegExp && (path.global || path.sticky));
  return mountPathsOf(layer, router).flatMap((path) =>
    [...paramSteps(path, router), stepOf(layer.handle)].map((step) => ({
      kind: 'middleware',
      ...step,
      covers: isForgetful ? null : path,
      prefix: path,
    })),
  );
}

function routeLayers(layer: RouterLayer, route: Route, router: Router): readonly RouteLayer[] {
  return [route.path].flat(Infinity).map((written) => {
    const path = pathOf(written, layer, router);
    const before = paramSteps(path, router);
    const methods = methodsOf(route).map(({ method, steps }) => ({ method, steps: [...before, ...steps] }));
    return { kind: 'route', path, methods };
  });
}

/** The functions of `param`, which run before what stands at a path with these parameters. */
function paramSteps(path: PathPattern, { params = {} }: Router): readonly Step[] {
  const written = writtenPath(path);
  return Object.entries(params)
    .filter(([name]) => written.includes('(') || new RegExp(`[:*]${name}\\b`).test(written))
    .flatMap(([, handlers]) => handlers.map((handler) => ({ handler, isForErrors: false })));
}

function stepOf(handler: unknown): Step {
  return { handler, isForErrors: typeof handler === 'function' && handler.length === 4 };
}

/** The methods of a route with the functions that run for them; one line where `all` made the same of every method. */
function methodsOf(route: Route): RouteLayer['methods'] {
  const rows = Object.keys(route.methods)
    .filter((method) => route.methods[method] === true)
    .map((method) => ({
      method: method === '_all' ? '*' : method.toUpperCase(),
      // A step without a method runs for all of them.
      steps: route.stack
        .filter((step) => step.method === undefined || step.method === method)
        .map((step) => stepOf(step.handle)),
    }));
  const [first] = rows;
  const isAll =
    METHODS.every((known) => rows.some(({ method }) => method === known)) &&
    rows.every(({ steps }) => isSameList(steps, first?.steps ?? []));
  return isAll && first !== undefined ? [{ method: '*', steps: first.steps }] : rows;
}

function isSameList(one: readonly Step[], other: readonly Step[]): boolean {
  return one.length === other.length && one.every(({ handler }, index) => handler === other[index]?.handler);
}

function mountPathsOf(layer: RouterLayer, router: Router): readonly PathPattern[] {
  const { route, rawPath, regexp, keys = [] } = layer;
  if (typeof route === 'string') return [readPath(route, false, 'groups')];
  if (rawPath !== undefined) return [rawPath].flat(Infinity).map((path) => pathOf(path, layer, router));
  if (regexp === undefined) return [opaquePath('(unknown)')];
  return pathsOfExpression(regexp, keys) ?? [opaquePath(`(${String(regexp)})`)];
}

function pathOf(path: unknown, layer: RouterLayer, { caseSensitive }: Router): PathPattern {
  if (typeof path !== 'string') return opaquePath(`(${String(path)})`);
  return readPath(path, caseSensitive === true, 'rawPath' in layer ? 'groups' : 'regexp');
}

/** Reads back what Express 4 made of mount paths: literals and plain parameters only. */
function pathsOfExpression(
  { source, flags }: RegExp,
  keys: readonly ParameterName[],
): readonly PathPattern[] | null {
  let next = 0;
  const paths = source.split('|^').map((part, index) => {
    const begun = index === 0 ? part : `^${part}`;
    if (!begun.startsWith('^') || !begun.endsWith(MOUNT_END)) return null;
    const path = begun
      .slice(1, -MOUNT_END.length)
      .replaceAll(PARAMETER, () => `/:${String(keys[next++]?.name)}`)
      .replaceAll(/\\([-/.])/g, '$1');
    return /^[\w\-./:~%]*$/.test(path) ? readPath(path, !flags.includes('i'), 'regexp') : null;
  });
  return paths.includes(null) ? null : paths.filter((path) => path !== null);
}

const MOUNT_END = '\\/?(?=\\/|$)';
const PARAMETER = /\(\?:\\\/\(\[\^\\?\/\]\+\?\)\)/g;
