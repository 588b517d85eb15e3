import type { GuardDescription } from '../../core/decision.ts';

/** One route of an application, with what stands in front of its handler. */
export interface FoundRoute {
  /** The method, or `*` where every method is answered. */
  readonly method: string;
  /** The path as it was written, from the root of the application. */
  readonly path: string;
  /** What the guards in front of it demand, outermost first; empty when there is none. */
  readonly guards: readonly GuardDescription[];
  /** The system that answers it itself, such as `b2b`; `null` for a handler of the host. */
  readonly system: string | null;
}

/** Whether a route says who may use it: a guard stands in front of it, or a system answers it by its own rules. */
export function isGuarded(route: FoundRoute): boolean {
  return route.system !== null || route.guards.length > 0;
}

/** Middleware that stands in front of routes, and below which path it does. */
export interface Standing {
  /** `null` where that cannot be told, which is taken for nowhere. */
  readonly path: string | null;
  readonly guards: readonly GuardDescription[];
}

/** What a function of the host's application is: a guard of this package, a mounted system, or anything else. */
export function guardsOf(handler: unknown): readonly GuardDescription[] {
  if (typeof handler !== 'function' || !('of' in handler) || !('describe' in handler)) return [];
  return (handler as { describe(): readonly GuardDescription[] }).describe();
}

/** An endpoint of a system, as the adapters' `mount` names it. */
export interface SystemEndpoint {
  readonly system: string;
  readonly method: string | null;
  readonly path: string;
}

/** The endpoints that a middleware of `mount` answers; empty for any other function. */
export function endpointsOf(handler: unknown): readonly SystemEndpoint[] {
  if (typeof handler !== 'function' || !('endpoints' in handler)) return [];
  const { endpoints } = handler;
  return Array.isArray(endpoints) ? (endpoints as readonly SystemEndpoint[]) : [];
}

/** The guards that a route meets: those of every middleware before it that surely runs for its path. */
export function guardsAbove(standing: readonly Standing[], path: string): readonly GuardDescription[] {
  return standing
    .filter((each) => each.path !== null && covers(each.path, path))
    .flatMap((each) => each.guards);
}

/**
 * Whether middleware below `mount` runs for every request that a route at `path` takes. A parameter in the mount takes
 * any segment; a parameter in the route meets a literal of the mount only sometimes, which is not enough.
 */
export function covers(mount: string, path: string): boolean {
  const above = segmentsOf(mount);
  const below = segmentsOf(path);
  return (
    above.length <= below.length &&
    above.every(
      (segment, index) => segment.startsWith(':') || segment.toLowerCase() === below[index]?.toLowerCase(),
    )
  );
}

/** Puts a path below another. */
export function joinPaths(front: string, path: string): string {
  const joined = `/${[...segmentsOf(front), ...segmentsOf(path)].join('/')}`;
  return path.endsWith('/') && joined !== '/' ? `${joined}/` : joined;
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}
