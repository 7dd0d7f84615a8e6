/** Lists and searches have places for many more ids of one millisecond. */
const MAX_OF_ONE_MS = 1_000;

export interface SpreadTime {
  readonly at: Date;
  /** The source's time was before 1970, or in the future. */
  readonly isClamped: boolean;
}

export interface SpreadOptions {
  /** When the source's first import began: for unknown times and those in the future, the same at each import. */
  readonly begunAt: Date;
  readonly now: () => Date;
}

/**
 * Times of images in the order of their source, none before 1970 or in the future. Equal ones follow each other, a
 * thousand in a millisecond. 8 bytes and an entry of a map for each different time.
 */
export function createSpread({ begunAt, now }: SpreadOptions): (at: Date | null) => SpreadTime {
  const counts = new Map<number, number>();
  return (at) => {
    const given = at?.getTime() ?? begunAt.getTime();
    const ms = given > now().getTime() ? begunAt.getTime() : Math.max(given, 0);
    const before = counts.get(ms) ?? 0;
    counts.set(ms, before + 1);
    return { at: new Date(ms + Math.floor(before / MAX_OF_ONE_MS)), isClamped: ms !== given };
  };
}
