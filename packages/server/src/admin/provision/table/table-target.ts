import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb';
import type { Aspect } from '../aspect.ts';

/** The table to set up. */
export interface TableTarget {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly region: string;
  /** How long one change of the table may take. */
  readonly waitMs: number;
}

export type TableAspect = Aspect<TableTarget>;

/** The store's configuration; undefined if a dry run didn't create the table. */
export async function unlessMissing<Output>(reading: Promise<Output>): Promise<Output | undefined> {
  try {
    return await reading;
  } catch (error) {
    const absentBy = ['ResourceNotFoundException', 'TableNotFoundException'];
    if (error instanceof Error && absentBy.includes(error.name)) return undefined;
    throw error;
  }
}

export const describeTable = async ({ client, table }: TableTarget): Promise<TableDescription | undefined> =>
  (await unlessMissing(client.send(new DescribeTableCommand({ TableName: table }))))?.Table;
