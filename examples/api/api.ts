import type { EntryGuard, Guard, MaybePromise, Principal } from 'portcullis';
import type { mount } from 'portcullis/node';
import type { Demo } from './demo-data.ts';
import type { UserRow } from './users.ts';

/** What stands in front of a route: who may ask, then what the party must have besides. */
export type Chain<P extends Principal | null = Principal | null> = readonly [EntryGuard<P>, ...Guard[]];

/** What a route sends, as JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A route as all three servers understand it: a path, the chain in front of it, and what it answers to GET. */
export interface Route {
  /** A segment that begins with a colon stands for any one segment. */
  readonly path: string;
  readonly chain: Chain;
  /** The principal is `null` for nobody, on a route that is open. */
  answer(principal: Principal | null, params: Params): MaybePromise<Answer>;
}

export type Params = Readonly<Record<string, unknown>>;

/** What every adapter's `mount` takes. */
export type System = Parameters<typeof mount>[0];

/** One of the package's systems in this host, with the routes that it opens. */
export interface Mounted {
  readonly system: System;
  /** The path in front of the system's own. */
  readonly prefix?: string;
  readonly routes: readonly Route[];
  /** Ends every session of a user here, as when the password changes; a user of another system has none. */
  endSessions(user: UserRow, reason: string): Promise<void>;
  /** How to try it. */
  readonly demonstration: Demonstration;
  close(): Promise<void>;
}

/** How to try one system with the demonstration data. */
export interface Demonstration {
  /** What a person can paste into a shell, and what it gets; without the data only what needs none. */
  samples(url: string, demo: Demo | null): readonly string[];
  /** Its members of the line that `--json` prints. */
  json(demo: Demo): object;
}

/** The whole API, the same in front of every server. */
export interface Api {
  readonly mounted: readonly Mounted[];
  /** The same systems as they are mounted: all at once, so that two on the same paths are refused. */
  readonly systems: readonly [System, ...System[]];
  readonly routes: readonly Route[];
  /** The chain that answers every path without a route. */
  readonly elsewhere: Chain;
}
