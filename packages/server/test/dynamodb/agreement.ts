import assert from 'node:assert/strict';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { TestTable } from '../../../../test/servers/table.ts';
import { type Image, isStored } from '../../src/domain/image/image.ts';
import { requireAgreement } from '../../src/records/dynamodb/table-check.fixture.ts';
import { imageOf } from '../../src/records/images/dynamodb/image-item.ts';
import type { DynamodbService } from '../services/dynamodb-service.ts';
import { requireObjects, sweepAll } from '../services/record-check.ts';

/** Past the first end of an upload in parts. */
const HOURS_MS = 2 * 3_600_000;

/** After every deadline and a sweep: asserts that records, what lists are made of and objects agree exactly. */
export async function requireRest(service: DynamodbService): Promise<void> {
  service.clock.offsetMs += HOURS_MS;
  await sweepAll(service);
  await requireAgreement(service.table);
  const records = await recordsIn(service.table);
  const unsettled = records.filter(({ status }) => status === 'pending');
  assert.deepEqual(unsettled, [], 'expected no pending records');
  await requireObjects(service, records.filter(isStored));
}

/** In any state. */
async function recordsIn({ dynamo: { directUrl: endpoint, region, ...keys }, name }: TestTable): Promise<Image[]> {
  const client = new DynamoDBClient({ endpoint, region, credentials: keys });
  try {
    const { Items = [], LastEvaluatedKey } = await client.send(new ScanCommand({ TableName: name }));
    if (LastEvaluatedKey) throw new Error(`expected fewer items in ${name}; got more than a page`);
    return Items.filter(({ pk }) => pk?.S?.startsWith('I#')).map(imageOf);
  } finally {
    client.destroy();
  }
}
