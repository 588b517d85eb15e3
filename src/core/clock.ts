/** Tells the time. Everything in the package that asks for the time asks one of these, so that a test can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The machine's own clock; the default everywhere. */
export const systemClock: Clock = { now: () => Date.now() };

/** Whole seconds since the Unix epoch, as the `NumericDate` of RFC 7519 section 2 counts them. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}
