/**
 * Measures candidates that do the same work, interleaved round by round, so that whatever else the machine does falls
 * on all of them alike. Figures are medians over the rounds; only their ratios mean anything.
 *
 * @param {Record<string, (index: number) => unknown>} candidates Each does one operation; `index` counts them.
 * @param {{ rounds?: number, operations: number, prepare?: (round: number) => void }} options `prepare` runs before each
 *   candidate of a round, outside the measured time.
 * @returns {Record<string, { medianNs: number, spread: number }>} `spread` is the distance of the quartiles over the median.
 */
export function measure(candidates, { rounds = 15, operations, prepare }) {
  const names = Object.keys(candidates);
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    // The order turns from round to round, so that none always runs after the same neighbour.
    for (const [place] of names.entries()) {
      const name = names[(place + round + names.length * 2) % names.length];
      const operate = candidates[name];
      prepare?.(round);
      const started = process.hrtime.bigint();
      for (let index = 0; index < operations; index++) operate(index);
      const elapsed = Number(process.hrtime.bigint() - started) / operations;
      if (round >= 0) times[name].push(elapsed);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summarise(times[name])]));
}

/** @param {number[]} values */
function summarise(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { medianNs: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
}

/** Throws when a candidate does not do the work it is measured at. @param {string} what @param {boolean} holds */
export function demand(what, holds) {
  if (!holds) throw new Error(`bench: ${what} does not hold, so its figures would mean nothing`);
}
