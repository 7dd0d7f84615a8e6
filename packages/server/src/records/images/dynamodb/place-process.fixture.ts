import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ImageId } from '../../../domain/image/image-id.ts';
import { haltBehind } from '../../dynamodb/before-command.fixture.ts';
import { createTable } from '../../dynamodb/table.ts';
import type { RecountedTable } from '../../usage/dynamodb/recount-process.fixture.ts';
import { createDynamodbImageRepository } from './dynamodb.ts';

/**
 * The walk of a process that halts in the middle, and which a test kills. Its arguments are the table, and the images.
 */
const WRITES = 7;

const { name, ...options } = JSON.parse(process.argv[2] ?? '') as RecountedTable;
const client = new DynamoDBClient(options);
haltBehind(client, WRITES);
const shards = { shards: 3, writtenShards: 3, globalLists: true };
const { places } = createDynamodbImageRepository(createTable(client, name), shards);
await places?.begin();
for (const id of JSON.parse(process.argv[3] ?? '') as ImageId[]) await places?.place(id);
