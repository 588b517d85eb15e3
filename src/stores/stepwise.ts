import { StoreError } from '../core/errors.ts';
import type { MaybePromise } from '../core/maybe-promise.ts';
import type { Store } from '../core/store.ts';

/** A store whose every step is one synchronous call, and so cannot be interrupted in this process. */
export type Stepwise = {
  readonly [Method in keyof Store]: (
    ...args: Parameters<Store[Method]>
  ) => Awaited<ReturnType<Store[Method]>>;
};

/** The same of a store whose steps are atomic in its engine, which answers later. */
export type Engine = {
  readonly [Method in keyof Store]: (
    ...args: Parameters<Store[Method]>
  ) => MaybePromise<Awaited<ReturnType<Store[Method]>>>;
};

/**
 * The promised contract over an engine: whatever a step throws rejects, and a closed store rejects every call but a
 * second `close`.
 *
 * @param name How messages call the store.
 */
export function storeOf(name: string, engine: Engine): Store {
  let closed = false;

  function promised<A extends readonly unknown[], R>(
    step: (...args: A) => MaybePromise<R>,
  ): (...args: A) => Promise<R> {
    return async (...args) => {
      if (closed) throw new StoreError(`The ${name} store is closed.`);
      return step(...args);
    };
  }

  return {
    get: promised(engine.get) as Store['get'],
    put: promised(engine.put),
    use: promised(engine.use) as Store['use'],
    delete: promised(engine.delete),
    list: promised(engine.list) as Store['list'],
    deleteBy: promised(engine.deleteBy),
    familyCreate: promised(engine.familyCreate),
    familyGet: promised(engine.familyGet),
    familyByHandle: promised(engine.familyByHandle),
    familyRotate: promised(engine.familyRotate),
    familyRevoke: promised(engine.familyRevoke),
    familyList: promised(engine.familyList),
    familyRevokeAll: promised(engine.familyRevokeAll),
    feedAppend: promised(engine.feedAppend),
    feedRead: promised(engine.feedRead),
    feedWatch: promised(engine.feedWatch),
    sweep: promised(engine.sweep),
    ping: promised(engine.ping),
    async close() {
      if (closed) return;
      closed = true;
      await engine.close();
    },
  };
}
