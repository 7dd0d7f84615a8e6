/** From 0 up to 1. */
export type Random = () => number;

/** The same numbers for the same seed, everywhere (a linear congruential generator). */
export function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
