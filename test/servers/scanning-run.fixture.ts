// For tests: a test file that scans, and passes.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { dynamoForTests } from './dynamo-for-tests.ts';
import { createTable } from './table.ts';

it('scans', async () => {
  await using server = await dynamoForTests();
  await using table = await createTable(server.dynamo);
  await assert.rejects(table.client.send(new ScanCommand({ TableName: 'all-of-it' })), { name: 'ValidationException' });
});
