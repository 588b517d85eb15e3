import type { PathPattern } from './path-pattern.ts';

/** What a router tries, in order: the same for Express, Connect and Koa. */
export interface Stack {
  /** The router, or what it was made of; a stack that is met inside itself has the same. */
  readonly identity: object;
  /** The path that is taken away from the request before the layers see it. */
  readonly prefix: PathPattern;
  readonly layers: readonly Layer[];
  /** Whether a request that gets past the stack has passed all of its middleware: no layer can leave it early. */
  readonly isSequence: boolean;
}

export type Layer = MiddlewareLayer | RouteLayer;

export interface MiddlewareLayer extends Step {
  readonly kind: 'middleware';
  /** Where it surely runs; `null` where that cannot be told. */
  readonly covers: PathPattern | null;
  /** The path that is taken away from the request before the handler sees it. */
  readonly prefix: PathPattern;
}

export interface RouteLayer {
  readonly kind: 'route';
  readonly path: PathPattern;
  /** The method, or `*` for any, with what runs for it, in order. */
  readonly methods: readonly { readonly method: string; readonly steps: readonly Step[] }[];
}

export interface Step {
  readonly handler: unknown;
  /** Whether it runs only after an error, which skips everything else up to it. */
  readonly isForErrors: boolean;
}
