/** A thenable that is no `Promise`, as query builders and other promise libraries return: it settles as `make` does. */
export function foreignPromise<T>(make: () => T): Promise<T> {
  const thenable = {
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable that is no Promise is the point
    then(resolve: (value: T) => void, reject: (reason: unknown) => void) {
      try {
        resolve(make());
      } catch (thrown) {
        reject(thrown);
      }
    },
  };
  return thenable as unknown as Promise<T>;
}
