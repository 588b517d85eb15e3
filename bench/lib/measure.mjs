/**
 * Measures candidates that do the same work, interleaved round by round, so that whatever else the machine does falls
 * on all of them alike. Figures are medians over the rounds; only their ratios mean anything.
 *
 * @param {Record<string, (index: number) => unknown>} candidates Each does one operation; `index` counts them. One that
 *   returns a promise is awaited, one operation after the other.
 * @param {{ rounds?: number, operations: number, prepare?: (round: number) => void }} options `prepare` runs before each
 *   candidate of a round, outside the measured time.
 * @returns {Promise<Record<string, Figure>>} Nanoseconds for each operation.
 */
export async function measure(candidates, { rounds = 15, operations, prepare }) {
  return interleave(
    Object.keys(candidates),
    async (name, round) => {
      const operate = candidates[name];
      prepare?.(round);
      const started = process.hrtime.bigint();
      const first = operate(0);
      if (first instanceof Promise) {
        await first;
        for (let index = 1; index < operations; index++) await operate(index);
      } else {
        for (let index = 1; index < operations; index++) operate(index);
      }
      return Number(process.hrtime.bigint() - started) / operations;
    },
    rounds,
  );
}

/**
 * The median of a figure that each candidate gives once a round.
 *
 * @typedef {{ median: number, spread: number }} Figure `spread` is the distance of the quartiles over the median.
 * @param {readonly string[]} names
 * @param {(name: string, round: number) => Promise<number>} run
 * @param {number} rounds Two more run first and are not counted, unless there are fewer than five.
 * @returns {Promise<Record<string, Figure>>}
 */
export async function interleave(names, run, rounds) {
  /** @type {Record<string, number[]>} */
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = rounds < 5 ? 0 : -2; round < rounds; round++) {
    // The order turns from round to round, so that none always runs after the same neighbour.
    for (const [place] of names.entries()) {
      const name = names[(place + round + names.length * 2) % names.length];
      const figure = await run(name, round);
      if (round >= 0) figures[name].push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summarise(figures[name])]));
}

/** @param {number[]} values */
function summarise(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / at(0.5) };
}

/** Throws when a candidate does not do the work it is measured at. @param {string} what @param {boolean} holds */
export function demand(what, holds) {
  if (!holds) throw new Error(`bench: ${what} does not hold, so its figures would mean nothing`);
}
