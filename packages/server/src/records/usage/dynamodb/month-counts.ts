import type { Image } from '../../../domain/image/image.ts';
import type { Write } from '../../dynamodb/table.ts';
import type { CurrentGenerations, Generations } from '../../images/dynamodb/generations.ts';
import { COUNT, countedIn, countedText, counterOf, monthIn } from './month-item.ts';

/** What a transaction adds to count an image by month. */
export interface MonthCounting {
  readonly writes: readonly Write[];
  /** For the record's own attribute. */
  readonly counted: string | null;
}

/**
 * Counts ready images by the month in which they were taken, in the transaction that writes the record. A counter for
 * each owner, generation, month and shard: hostile dates make many items, never a large one. The record says itself
 * where it is counted (`countedText`), which each write has in its condition. So a process of an earlier version, which
 * leaves the attribute as it is, loses nothing: the next write counts what that one changed.
 */
export interface MonthCounts {
  /** What the record probably says. */
  guess(from: Image): Promise<string | null>;
  /**
   * What writing the record as `image` adds. `counted`: what it says as it is stored. A walk that builds a generation
   * adds the same to the write of an unchanged record.
   */
  forRecord(image: Image, counted: string | null): Promise<MonthCounting>;
  /** The record says something else than was guessed. If it names a generation that isn't known, that is read again. */
  learn(counted: string | null): Promise<void>;
}

export function createMonthCounts(generations: Generations): MonthCounts {
  const numbers = ({ serving, building }: CurrentGenerations): number[] =>
    [serving, building].filter((generation) => generation !== null);

  return {
    async guess(from) {
      const month = monthIn(from);
      const serving = month && (await generations.current()).serving;
      return countedText(serving ? [serving] : [], month);
    },

    async forRecord(image, counted) {
      const month = monthIn(image);
      if (month === undefined && counted === null) return { writes: [], counted: null };
      const [current, was] = [numbers(await generations.current()), countedIn(counted)];
      const writes = current.flatMap((generation) => {
        const before = was.get(generation);
        if (before === month) return [];
        const changes = [...(before ? [[before, -1] as const] : []), ...(month ? [[month, 1] as const] : [])];
        return changes.map(([of, n]) => ({ add: { key: counterOf(image, generation, of), add: { [COUNT]: n } } }));
      });
      return { writes, counted: countedText(current, month) };
    },

    async learn(counted) {
      const newest = Math.max(0, ...numbers(await generations.current()));
      if ([...countedIn(counted).keys()].some((generation) => generation > newest)) await generations.refresh();
    },
  };
}
