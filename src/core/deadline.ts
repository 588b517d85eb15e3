import { StoreError } from './errors.ts';
import { chain, isPromise, type MaybePromise } from './maybe-promise.ts';

/**
 * Bounds how long something of the host's may take. A value that is here already passes at once.
 *
 * @param what Who has not answered, for the error.
 * @throws {@link StoreError} When the time is over; what the promise comes to afterwards is ignored.
 */
export function withDeadline<T>(value: MaybePromise<T>, deadlineMs: number, what: string): MaybePromise<T> {
  if (!isPromise(value)) return value;
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new StoreError(`${what} did not answer within ${deadlineMs} ms`));
    }, deadlineMs);
    // A thenable of another make may call back more than once, or throw: a promise of ours keeps it to one answer.
    void Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/**
 * An object of the host's with the same methods, each of them bounded. They are called on the host's object itself, so that
 * its own state, private members included, is within their reach.
 *
 * @param name What the object is called, for the error.
 * @param checks By the name of a method, what its answers go through; it throws for one that cannot be used.
 */
export function withDeadlines<T extends object>(
  host: T,
  deadlineMs: number,
  name: string,
  checks: Readonly<Record<string, (answer: unknown, asked: string) => unknown>> = {},
): T {
  const bounded = new Map<PropertyKey, { readonly method: unknown; readonly call: unknown }>();

  function member(key: PropertyKey): unknown {
    const method: unknown = Reflect.get(host, key);
    if (typeof method !== 'function') return method;
    const known = bounded.get(key);
    if (known?.method === method) return known.call;
    const asked = `${name}.${String(key)}`;
    const check = Object.hasOwn(checks, key) ? checks[String(key)] : undefined;
    const call = (...args: readonly unknown[]): unknown => {
      const answer: MaybePromise<unknown> = withDeadline(
        Reflect.apply(method, host, args) as unknown,
        deadlineMs,
        asked,
      );
      return check === undefined ? answer : chain(answer, (value) => check(value, asked));
    };
    bounded.set(key, { method, call });
    return call;
  }
  // Not around the host's object itself: a proxy must give the members of a frozen object as they are.
  return new Proxy({} as T, { get: (_target, key) => member(key), has: (_target, key) => key in host });
}
