import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UNLIMITED } from '../../../domain/usage/quota.ts';
import { haltBehind } from '../../dynamodb/before-command.fixture.ts';
import { NOW } from '../../images/sample-images.fixture.ts';
import { createCountingProcess } from './counting-process.fixture.ts';

/**
 * A recount in a process of its own, which halts in the middle, and which a test kills. Its argument is the table, as
 * JSON.
 */
export interface RecountedTable {
  readonly name: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The writes that the recount does before it halts; the test has a hundred records. */
const WRITES = 40;

const { name, ...options } = JSON.parse(process.argv[2] ?? '') as RecountedTable;
const client = new DynamoDBClient(options);
haltBehind(client, WRITES);
await createCountingProcess({ client, name }, UNLIMITED).usage.recount(NOW, () => undefined);
