import { type Direction, isBehind, type ListPosition } from '../../../../domain/lists/list-position.ts';
import type { Rows } from './rows.ts';

/** A list of many tags over all owners merges hundreds of walks; other requests must run in between. */
const BEGUN_AT_ONCE = 64;

/** Merges the rows of all sources in one order, each image once. Ends where the first source spent its budget. */
export async function* merged(sources: readonly Rows[], direction: Direction): Rows {
  const [only] = sources;
  if (only && sources.length === 1) return yield* only;

  const first = (a: ListPosition, b: ListPosition): ListPosition => (isBehind(a, b, direction) ? b : a);
  const heads = [];
  for (let begun = 0; begun < sources.length; begun += BEGUN_AT_ONCE) {
    const some = sources.slice(begun, begun + BEGUN_AT_ONCE);
    heads.push(...(await Promise.all(some.map((source) => source.next()))));
  }
  for (;;) {
    let spentAt: ListPosition | null = null;
    let nearest: ListPosition | null = null;
    for (const head of heads) {
      if (!head.done) nearest = nearest === null ? head.value.at : first(nearest, head.value.at);
      else if (head.value !== null) spentAt = spentAt === null ? head.value : first(spentAt, head.value);
    }
    if (nearest === null || (spentAt !== null && isBehind(nearest, spentAt, direction))) return spentAt;

    const row = heads.find((head) => !head.done && head.value.at === nearest)?.value;
    if (typeof row !== 'object' || row === null) throw new Error('expected the row that is nearest');
    yield row;
    await Promise.all(
      heads.map(async (head, index) => {
        const source = sources[index];
        if (source && !head.done && head.value.at === nearest) heads[index] = await source.next();
      }),
    );
  }
}
