/** What did not come in time. It goes on where it runs; only its caller no longer waits. */
export class Overdue extends Error {
  override readonly name = 'Overdue';
}

/**
 * Waits for a promise no longer than this, by a clock that nobody can set back. What comes later is dropped, its failure
 * too.
 *
 * @throws {@link Overdue} when it did not settle in time.
 */
export async function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_resolve, reject) => {
    // When this process was held up, what came meanwhile is read before the deadline is judged.
    const judge = (): void => void setImmediate(() => reject(new Overdue('It took too long.')));
    timer = setTimeout(judge, Math.max(0, timeoutMs));
  });
  try {
    return await Promise.race([promise, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
