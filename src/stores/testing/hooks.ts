import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../core/store.ts';
import type { StoreProcess } from './remote.ts';

/** What only some engines can do; the cases that need a hook are left out when it is not given. */
export interface StoreHooks {
  /** Opens the data of a store that `makeStore` made once more, as another node or after a restart. */
  readonly open?: ((of: Store, options: { readonly clock: Clock }) => Store | Promise<Store>) | undefined;
  /**
   * Starts a process that opens the data of a store that `makeStore` made, by the machine's clock, and hands it to
   * `serveStore`; `remoteStore` is the other end.
   */
  readonly spawn?: ((of: Store) => Promise<StoreProcess>) | undefined;
  /** Says that a watch also wakes for a line that was appended through another store that `open` opened. */
  readonly wakesOthers?: true | undefined;
  /** Does harm to the engine of a store that `makeStore` made, whose calls are to give up within two seconds. */
  readonly outage?: ((of: Store) => Outage) | undefined;
}

/** What can be done to an engine from outside. */
export interface Outage {
  /** Stops it from answering, with its connections open; what reaches it meanwhile may be carried out later. */
  readonly freeze: () => Promise<void> | void;
  readonly thaw: () => Promise<void> | void;
  /** Ends it at once and without its doing, and starts it again. */
  readonly crash: () => Promise<void>;
}
