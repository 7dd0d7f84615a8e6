import { randomUUID } from 'node:crypto';
import type { TestTable } from '../../../../../../test/servers/table.ts';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import { imageKey } from '../../dynamodb/item-keys.ts';
import { createTable } from '../../dynamodb/table.ts';
import { createDynamodbImageRepository } from '../../images/dynamodb/dynamodb.ts';
import { createGenerations, type Generations } from '../../images/dynamodb/generations.ts';
import { countedAsIn, imageOf, isStill } from '../../images/dynamodb/image-item.ts';
import type { ImageRepository } from '../../images/image-repository.ts';
import { createMonthCounts } from './month-counts.ts';

export interface MonthProcess {
  readonly images: ImageRepository;
  readonly generations: Generations;
  /** As the walk of a generation that is built counts an image. */
  count(id: ImageId): Promise<void>;
}

/** One of several processes on a table. */
export function createMonthProcess(
  { client, name }: Pick<TestTable, 'client' | 'name'>,
  elapsedMs?: () => number,
): MonthProcess {
  const table = createTable(client, name);
  const generations = createGenerations(table, elapsedMs);
  const months = createMonthCounts(generations);
  return {
    images: createDynamodbImageRepository(table, { shards: 3, writtenShards: 3, globalLists: false, generations }),
    generations,
    async count(id) {
      for (;;) {
        const item = await table.get(imageKey(id));
        if (!item) return;
        const said = countedAsIn(item);
        const { writes, counted } = await months.forRecord(imageOf(item), said);
        if (counted === said) return;
        const set = counted === null ? {} : { months: { S: counted } };
        const remove = counted === null ? ['months'] : [];
        const update = { key: imageKey(id), set, remove, condition: isStill(item) };
        try {
          await table.transact([{ update }, ...writes], randomUUID());
          return;
        } catch (error) {
          if (!failedConditions(error)) throw error;
        }
      }
    },
  };
}
