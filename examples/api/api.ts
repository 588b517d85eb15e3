import type { EntryGuard, Guard, Principal } from 'portcullis';

/** What stands in front of a route: who may ask, then what the party must have besides. */
export type Chain = readonly [EntryGuard<Principal | null>, ...Guard[]];

/** A route as all three servers understand it: a path, the chain in front of it, and what it answers. */
export interface Route {
  readonly path: string;
  readonly chain: Chain;
  /** The value that is sent as JSON; `null` stands for nobody, on a route that is open. */
  answer(principal: Principal | null): unknown;
}

/** A request for a person to try, with the status that it gets. */
export interface Sample {
  readonly title: string;
  readonly path: string;
  readonly bearer?: string | undefined;
  readonly status: number;
}

/** One way to sign in, with the routes that it opens. */
export interface Mounted {
  readonly routes: readonly Route[];
  readonly samples: readonly Sample[];
  /** Its members of the line that `--json` prints. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The whole API, the same in front of every server. */
export interface Api extends Mounted {
  /** The chain that answers every path without a route. */
  readonly elsewhere: Chain;
}
