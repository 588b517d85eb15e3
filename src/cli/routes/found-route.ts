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
  /**
   * What may answer here and cannot be looked into: the name of a function, or what it is; `null` for a route. Its
   * routes, if it has any, are not in the list.
   */
  readonly unseen: string | null;
}

/** Whether a route says who may use it: a guard stands in front of it, or a system answers it by its own rules. */
export function isGuarded(route: FoundRoute): boolean {
  return route.system !== null || route.guards.length > 0;
}
