/**
 * Reads what a limiter said: the seconds to wait, or `null` to go on.
 *
 * @param asked Which method it was, for the message.
 * @throws TypeError For an answer that is neither, which must not count as leave to go on.
 */
export function secondsToWait(answer: unknown, asked: string): number | null {
  if (answer === null || answer === undefined) return null;
  if (typeof answer === 'number' && Number.isFinite(answer) && answer >= 0) return answer;
  throw new TypeError(`${asked} must return the seconds to wait, or null.`);
}

/** Whole seconds from now to a moment, at least one. */
export function wholeSecondsUntil(endsAt: number, now: number): number {
  return Math.max(1, Math.ceil((endsAt - now) / 1000));
}
