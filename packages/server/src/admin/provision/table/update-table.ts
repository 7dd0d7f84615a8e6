import { setTimeout as delay } from 'node:timers/promises';
import { UpdateTableCommand, type UpdateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../../domain/errors.ts';
import { describeTable, type TableTarget } from './table-target.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/** One change: DynamoDB refuses the next one until the table has completed this one. */
export async function updateTable(
  target: TableTarget,
  change: Omit<UpdateTableCommandInput, 'TableName'>,
): Promise<void> {
  await untilActive(target);
  await target.client.send(new UpdateTableCommand({ TableName: target.table, ...change }));
  await untilActive(target);
}

/** Waits until the table and all its indexes can be read and changed. */
export const untilActive = (target: TableTarget): Promise<void> =>
  waitWhile(target, async () => {
    const described = await describeTable(target);
    const indexes = described?.GlobalSecondaryIndexes ?? [];
    const states = [
      { name: 'it', is: described?.TableStatus ?? 'CREATING' }, // a new table is visible with a delay
      ...indexes.map(({ IndexName, IndexStatus }) => ({ name: `its index ${IndexName}`, is: IndexStatus })),
    ];
    const busy = states.filter(({ is }) => is !== 'ACTIVE').map(({ name, is }) => `${name} is ${is}`);
    return busy.length > 0 ? busy.join(', ') : undefined;
  });

/** Polls with growing pauses until nothing is pending. */
export async function waitWhile(
  { table, waitMs }: TableTarget,
  waitsFor: () => Promise<string | undefined>,
): Promise<void> {
  const end = Date.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const what = await waitsFor();
    if (what === undefined) return;
    if (Date.now() > end) {
      const waited = `${Math.round(waitMs / 60_000)} minutes`;
      throw new AppError(
        'unavailable',
        `The table ${table} is not ready after ${waited} (${what}): DynamoDB continues by itself; run npm run admin -- provision again later`,
      );
    }
    await delay(pauseMs);
  }
}
