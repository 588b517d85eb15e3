/**
 * Measures candidates that do the same work, interleaved round by round, so that whatever else the machine does falls
 * on all of them alike. What is counted is the time that the process had a processor, its collector and compiler with
 * it: on a busy machine the time on the wall says how long the process was kept waiting, and a candidate that runs for
 * longer is kept waiting more often. Figures are medians over the rounds; only their ratios mean anything.
 *
 * @param {Record<string, (index: number) => unknown>} candidates Each does one operation; `index` counts them. One that
 *   returns a promise is awaited, one operation after the other.
 * @param {{ rounds?: number, warmUp?: number, operations: number, prepare?: (round: number) => void }} options
 *   `warmUp` rounds run first and are not counted; `prepare` runs before each candidate of a round, outside the
 *   measured time.
 * @returns {Promise<Record<string, Figure>>} Nanoseconds of a processor for each operation.
 */
export async function measure(candidates, { rounds = 15, warmUp = WARM_UP, operations, prepare }) {
  return interleave(
    Object.keys(candidates),
    async (name, round) => {
      const operate = candidates[name];
      prepare?.(round);
      const before = process.cpuUsage();
      const first = operate(0);
      if (first instanceof Promise) {
        await first;
        for (let index = 1; index < operations; index++) await operate(index);
      } else {
        for (let index = 1; index < operations; index++) operate(index);
      }
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / operations;
    },
    rounds,
    warmUp,
  );
}

/**
 * The median of a figure that each candidate gives once a round.
 *
 * @typedef {{ median: number, spread: number }} Figure `spread` is the distance of the quartiles over the median.
 * @param {readonly string[]} names
 * @param {(name: string, round: number) => Promise<number>} run
 * @param {number} rounds
 * @param {number} [warmUp] How many more run first and are not counted.
 * @returns {Promise<Record<string, Figure>>}
 */
export async function interleave(names, run, rounds, warmUp = rounds < 5 ? 0 : 2) {
  /** @type {Record<string, number[]>} */
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmUp; round < rounds; round++) {
    // The order turns from round to round, so that none always runs after the same neighbour.
    for (const [place] of names.entries()) {
      const name = names[(place + round + names.length * warmUp) % names.length];
      const figure = await run(name, round);
      if (round >= 0) figures[name].push(figure);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summarise(figures[name])]));
}

/**
 * Rounds before those that count. A server runs for days, so what is compared is code that the engine has optimised; where
 * the machine is busy its compiler, which runs beside the program, needs a while to get there.
 */
const WARM_UP = 40;

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
