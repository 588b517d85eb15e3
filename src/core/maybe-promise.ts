/** A value, or the promise of one. The request path returns values where it can, so that a warm request makes no promise. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether a value must be awaited. Any thenable counts, since a host's callback may return one of its own. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/** Applies `next` now when the value is here, later when it is promised. */
export function chain<A, B>(value: MaybePromise<A>, next: (value: A) => MaybePromise<B>): MaybePromise<B> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}
