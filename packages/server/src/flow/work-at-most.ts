/**
 * Runs `work` for each item with limited concurrency until all have ended; then throws the first failure, if there was
 * one.
 */
export async function workAtMost<Item>(
  atOnce: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const failures: unknown[] = [];
  const place = async (): Promise<void> => {
    for (const item of rest) await work(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, place));
  if (failures.length > 0) throw failures[0];
}
