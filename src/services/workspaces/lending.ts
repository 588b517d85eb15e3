/** A client as a callback gets it: everything but giving it back, until the loan ends. */
export interface Loan<C extends object> {
  readonly client: C;
  end(): void;
}

/**
 * Lends a client for one transaction. Code that keeps it longer, as a forgotten `await` does, would run its queries in
 * the transaction of whoever has the connection next, and so in another workspace; such calls throw instead.
 */
export function lend<C extends object>(lent: C): Loan<C> {
  let ended = false;
  function refuseLate(): void {
    if (ended) throw new Error('The transaction is over. Was one of its queries not awaited?');
  }
  const client = new Proxy(lent, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        refuseLate();
        if (name === 'release') throw new Error('The client is released when the transaction is over.');
        return Reflect.apply(value, target, args);
      };
    },
  });
  return {
    client,
    end() {
      ended = true;
    },
  };
}
