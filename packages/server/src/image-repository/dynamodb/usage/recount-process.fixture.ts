import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { NOW } from '../../sample-images.fixture.ts';
import { createCountingProcess } from './counting-process.fixture.ts';

/** A recount in a process of its own, which a test kills. Its argument is the table, as JSON. */
export interface RecountedTable {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const { name, ...options } = JSON.parse(process.argv[2] ?? '') as RecountedTable;
const client = new DynamoDBClient(options);
await createCountingProcess({ client, name }, UNLIMITED).usage.recount(NOW, () => undefined);
