/** The values of each contender, by round. */
export type Rounds<Name extends string> = { readonly [name in Name]: readonly number[] };

/** Runs the contenders alternately, A B A B ..., so that other load of the machine affects all of them. */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: { readonly [name in Name]: () => Promise<number> },
): Promise<Rounds<Name>> {
  const names = Object.keys(contenders) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as { [name in Name]: number[] };
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values[name].push(await contenders[name]());
  }
  return values;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  if (low === undefined || high === undefined) throw new Error('expected at least one value; got none');
  return (low + high) / 2;
}

/** The smallest value that this share of all doesn't exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const value = values.toSorted((one, other) => one - other)[Math.max(Math.ceil(values.length * share) - 1, 0)];
  if (value === undefined) throw new Error('expected at least one value; got none');
  return value;
}
