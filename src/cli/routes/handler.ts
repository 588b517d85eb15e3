import type { GuardDescription } from '../../core/decision.ts';
import type { MountedEndpoint } from '../../middleware/mounting.ts';
import { closureOf } from './closure.ts';
import { expressStack } from './express-stack.ts';
import { koaRouterStack, koaStack, sequence } from './koa-stack.ts';
import { literalPath } from './path-pattern.ts';
import type { Stack } from './stack.ts';

/** What a function of the host's application is. */
export type Handler =
  | { readonly kind: 'guard'; readonly guards: readonly GuardDescription[] }
  | { readonly kind: 'systems'; readonly endpoints: readonly MountedEndpoint[] }
  | { readonly kind: 'stack'; readonly stack: Stack }
  /** Only passes requests on, as far as is known of the frameworks' own. */
  | { readonly kind: 'pass_through' }
  | { readonly kind: 'opaque'; readonly name: string | null };

/** Tells what a function is without calling it. */
export function handlerOf(value: unknown): Handler {
  const stack = applicationStack(value);
  if (stack !== null) return { kind: 'stack', stack };
  if (typeof value !== 'function') return { kind: 'opaque', name: typeof value };
  if ('of' in value && 'describe' in value && typeof value.describe === 'function') {
    return { kind: 'guard', guards: value.describe() as readonly GuardDescription[] };
  }
  if ('endpoints' in value && Array.isArray(value.endpoints)) {
    return { kind: 'systems', endpoints: value.endpoints as readonly MountedEndpoint[] };
  }
  const wrapped = wrappedStack(value);
  if (wrapped !== null) return { kind: 'stack', stack: wrapped };
  if (PASS_THROUGH.has(value.name) || isAllowedMethods(value)) return { kind: 'pass_through' };
  return { kind: 'opaque', name: nameOf(value) };
}

/** The stack of an application or a router; `null` for anything else. */
export function applicationStack(value: unknown): Stack | null {
  return koaStack(value) ?? expressStack(value) ?? koaRouterStack(value);
}

/** The router of Koa wraps the functions of its `param`. */
function nameOf(handler: Function): string | null {
  const { _originalFn: original = handler } = handler as { _originalFn?: unknown };
  return (typeof original === 'function' && original.name) || null;
}

/** The stack in the functions that frameworks put around an application, or around a list of middlewares. */
function wrappedStack(wrapper: Function): Stack | null {
  const source = Function.prototype.toString.call(wrapper);
  const known = WRAPPERS.find(({ mark }) => source.includes(mark));
  const closure = known === undefined ? null : closureOf(wrapper);
  return known === undefined || closure === null ? null : known.read(closure);
}

interface Wrapper {
  /** What stands in the source of this wrapper and of no other function. */
  readonly mark: string;
  read(closure: ReadonlyMap<string, unknown>): Stack | null;
}

const WRAPPERS: readonly Wrapper[] = [
  // Express 4 and 5, `app.use(path, application)`.
  { mark: 'fn.handle(req, res, function', read: (closure) => expressStack(closure.get('fn')) },
  // Connect, `app.use(path, application)`.
  { mark: 'server.handle(req, res, next)', read: (closure) => expressStack(closure.get('server')) },
  { mark: "new Error('next() called multiple times')", read: readComposed },
  { mark: 'ctx.mountPath = prefix', read: readMounted },
];

/** `koa-compose`. */
function readComposed(closure: ReadonlyMap<string, unknown>): Stack | null {
  const middleware = closure.get('middleware');
  return Array.isArray(middleware) ? sequence(middleware) : null;
}

/** `koa-mount`, which compares the prefix as it is. */
function readMounted(closure: ReadonlyMap<string, unknown>): Stack | null {
  const prefix = closure.get('prefix');
  const downstream = closure.get('downstream');
  if (typeof prefix !== 'string' || typeof downstream !== 'function') return null;
  return sequence([downstream], literalPath(prefix, true));
}

/** The body parsers of Express and Koa, and this package's own error middleware. */
const PASS_THROUGH: ReadonlySet<string> = new Set([
  'jsonParser',
  'urlencodedParser',
  'rawParser',
  'textParser',
  'bodyParser',
  'portcullisErrors',
]);

/** `allowedMethods()` of `@koa/router` has no name; it says which methods there are, and nothing else. */
function isAllowedMethods(handler: Function): boolean {
  return (
    handler.name === 'allowedMethods' ||
    Function.prototype.toString.call(handler).includes('._shouldProcessAllowedMethods(')
  );
}
