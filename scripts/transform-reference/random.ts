/** From 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** Equal seeds give equal numbers everywhere (a linear congruential generator). */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
