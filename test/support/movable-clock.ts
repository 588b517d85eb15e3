import type { Clock } from '../../src/core/clock.ts';

/** A clock that stands still until a test moves it. */
export interface MovableClock extends Clock {
  /** Moves on by so many seconds; a negative number sets it back. */
  advance(seconds: number): void;
  /** The current time in whole seconds. */
  seconds(): number;
}

/** 2026-01-01T00:00:00Z, unless told otherwise. */
export function movableClock(startSeconds: number = 1_767_225_600): MovableClock {
  let nowMs = startSeconds * 1000;
  return {
    now: () => nowMs,
    advance(seconds) {
      nowMs += seconds * 1000;
    },
    seconds: () => Math.floor(nowMs / 1000),
  };
}
