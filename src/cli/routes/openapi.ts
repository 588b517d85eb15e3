import { isGuarded, type FoundRoute } from './found-route.ts';
import { credentialsOf, type DescribedCredential } from './table.ts';

/** The parts of an OpenAPI 3.1 document that are read and written here. */
export interface OpenApiDocument {
  readonly openapi?: string | undefined;
  readonly paths?: Readonly<Record<string, PathItem>> | undefined;
  readonly components?: { readonly securitySchemes?: Readonly<Record<string, object>> } | undefined;
  /** What may answer although no route says so; an extension of OpenAPI, left out when there is nothing. */
  readonly 'x-unseen'?: readonly UnseenPart[] | undefined;
}

interface UnseenPart {
  readonly method: string;
  readonly path: string;
  readonly what: string;
  readonly guarded: boolean;
}

type PathItem = Readonly<Record<string, unknown>>;

/**
 * What the guards say, as a fragment of an OpenAPI 3.1 document: security schemes, and for each route its requirements
 * and the refusals that it can answer with. A route for every method is written out for each; where several routes share
 * a path, the first answers. Routes of systems and paths that OpenAPI cannot write are left out, and what cannot be
 * looked into is named in `x-unseen`.
 */
export function openApiFragment(routes: readonly FoundRoute[]): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  const securitySchemes: Record<string, object> = {};
  for (const route of routes) {
    const path = templateOf(route.path);
    const methods = route.method === '*' ? [...METHODS] : [route.method].filter((each) => METHODS.has(each));
    if (path === null || route.system !== null || route.unseen !== null || methods.length === 0) continue;
    const credentials = route.guards.flatMap(credentialsOf);
    for (const credential of credentials) securitySchemes[schemeName(credential)] = schemeOf(credential);
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
    const item = (paths[path] ??= parameters.length === 0 ? {} : { parameters });
    for (const method of methods) item[method.toLowerCase()] ??= operationOf(route, credentials);
  }
  return { openapi: '3.1.0', paths, components: { securitySchemes }, ...unseenIn(routes) };
}

function unseenIn(routes: readonly FoundRoute[]): Pick<OpenApiDocument, 'x-unseen'> {
  const parts = routes.flatMap((route) => {
    const { method, path, unseen: what } = route;
    return what === null ? [] : [{ method, path, what, guarded: isGuarded(route) }];
  });
  return parts.length === 0 ? {} : { 'x-unseen': parts };
}

/**
 * Puts a fragment into a host's own document: the requirements of operations that the document has are replaced, since
 * the guards are what holds; responses and schemes that it has stay as they are. Operations it does not have are left
 * out.
 */
export function mergeIntoDocument(document: OpenApiDocument, fragment: OpenApiDocument): OpenApiDocument {
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => {
    const found = fragment.paths?.[path] ?? {};
    const operations = Object.entries(item).map(([key, value]) => [key, mergedOperation(value, found[key])]);
    return [path, Object.fromEntries(operations)] as const;
  });
  const components = {
    ...document.components,
    securitySchemes: { ...fragment.components?.securitySchemes, ...document.components?.securitySchemes },
  };
  const { 'x-unseen': _, ...own } = document;
  const unseen = fragment['x-unseen'];
  return {
    ...own,
    paths: Object.fromEntries(paths),
    components,
    ...(unseen === undefined ? {} : { 'x-unseen': unseen }),
  };
}

function mergedOperation(own: unknown, found: unknown): unknown {
  if (!isOperation(own) || !isOperation(found)) return own;
  return { ...own, security: found.security, responses: { ...found.responses, ...own.responses } };
}

interface Operation {
  readonly security?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'responses' in value;
}

function operationOf(route: FoundRoute, credentials: readonly DescribedCredential[]): Operation {
  const names = route.guards.map(({ guard }) => guard);
  const narrows = names.some((name) => name !== 'authenticate' && name !== 'open');
  const isOptional = route.guards.some((guard) => guard['optional'] === true);
  const refusals = {
    ...(credentials.length > 0 ? { 401: UNAUTHENTICATED } : {}),
    ...(narrows ? { 403: FORBIDDEN } : {}),
    ...(names.includes('rate_limit') ? { 429: LIMITED } : {}),
  };
  const alternatives = [...new Set(credentials.map(schemeName))].map((name) => ({ [name]: [] }));
  return {
    security: isOptional ? [...alternatives, {}] : alternatives,
    responses: { default: { description: 'The answer of the route.' }, ...refusals },
  };
}

const UNAUTHENTICATED = { description: 'The credential is missing or is refused.' };
const FORBIDDEN = { description: 'The credential is good, and may not do this.' };
const LIMITED = {
  description: 'Too many requests.',
  headers: { 'Retry-After': { description: 'In seconds.', schema: { type: 'integer' } } },
};

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'PUT',
  'POST',
  'DELETE',
  'OPTIONS',
  'HEAD',
  'PATCH',
  'TRACE',
]);

function schemeName({ strategy }: DescribedCredential): string {
  return strategy.replaceAll(/[^\w.-]/g, '-');
}

/** OpenAPI knows `bearer` as a scheme of HTTP; any other word in a header is a key in that header. */
function schemeOf({ scheme, shape, headers }: DescribedCredential): object {
  if (scheme?.toLowerCase() === 'bearer') {
    return { type: 'http', scheme: 'bearer', ...(shape === 'jwt' ? { bearerFormat: 'JWT' } : {}) };
  }
  const name = headers[0] ?? 'authorization';
  return {
    type: 'apiKey',
    in: 'header',
    name,
    ...(scheme === null ? {} : { description: `The value is "${scheme} " and the key.` }),
  };
}

/** A path with its parameters in braces; `null` for one with patterns in it. */
function templateOf(path: string): string | null {
  const template = path.replaceAll(/:(\w+)/g, '{$1}');
  return /^[\w\-./{}~%]*$/.test(template) ? template : null;
}
