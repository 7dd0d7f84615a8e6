/** As many pictures are read one by one before it has been quiet. */
const FEW = 20;
const QUIET_MS = 2_000;

interface Readers {
  readonly readOne: (id: string) => Promise<void>;
  readonly readMany: (ids: ReadonlySet<string>) => Promise<void>;
}

/**
 * Reads pictures again that somebody has changed: a few at once, and the others, as of a change of thousands, together
 * when no more change. After a failure they are read again when the tab is shown.
 */
export function createUpdatedReader({ readOne, readMany }: Readers): (id: string) => void {
  let count = 0;
  let waiting = new Set<string>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    const ids = waiting;
    [count, waiting] = [0, new Set()];
    if (ids.size > 0) readMany(ids).catch(() => undefined);
  };
  return (id) => {
    clearTimeout(resting);
    resting = setTimeout(rest, QUIET_MS);
    count += 1;
    if (count > FEW) waiting.add(id);
    else readOne(id).catch(() => undefined);
  };
}
