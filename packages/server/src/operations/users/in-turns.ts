/** One of each caller's in their order, then the next one of each. */
export function inTurns<One extends { readonly askedBy: string | null }>(all: readonly One[]): readonly One[] {
  const turns = new Map<string | null, number>();
  const taken = all.map((one) => {
    const turn = turns.get(one.askedBy) ?? 0;
    turns.set(one.askedBy, turn + 1);
    return { one, turn };
  });
  return taken.toSorted((one, other) => one.turn - other.turn).map(({ one }) => one);
}
