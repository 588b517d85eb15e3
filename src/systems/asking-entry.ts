import type { EntryGuard } from '../core/decision.ts';
import { chain } from '../core/maybe-promise.ts';
import { flag, optional, parseOptions } from '../core/options.ts';
import type { FeedReader } from '../tokens/feed-reader.ts';

/** What one route can ask of a system's `authenticate`. */
export interface AuthenticateRouteOptions {
  /**
   * Asks the store whether a token that is good has been revoked, instead of what this process knows already (default
   * `false`). A revocation that any node has acknowledged is then seen at once. It costs each request a read of the store's
   * feed, which requests that come together share, and such a route is refused with 503 while the store is out of reach.
   */
  readonly askStore?: boolean | undefined;
}

/**
 * A system's `authenticate`: its one entry, or the same entry behind a reading of the feed.
 *
 * @param owner What begins the messages about options.
 */
export function entryByRoute<P>(
  owner: string,
  entry: EntryGuard<P>,
  feed: FeedReader,
): (options?: AuthenticateRouteOptions) => EntryGuard<P> {
  const asking: EntryGuard<P> = {
    ...entry,
    enterChain: (exchange) =>
      // A refusal needs no store; only a token that would be let in is judged once more, by what the reading brought.
      chain(entry.enterChain(exchange), (decision) =>
        decision.kind === 'deny'
          ? decision
          : feed.poll().then((): ReturnType<EntryGuard<P>['enterChain']> => entry.enterChain(exchange)),
      ),
    describe: () => ({ ...entry.describe(), asksStore: true }),
  };

  return (options = {}) => {
    const { askStore } = parseOptions(owner, options, { askStore: optional(flag, false) });
    return askStore ? asking : entry;
  };
}
