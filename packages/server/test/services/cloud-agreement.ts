import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttributeValue, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { type Image, isStored, type StoredImage } from '../../src/domain/image/image.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { requireAgreement } from '../../src/records/dynamodb/table-check.fixture.ts';
import { imageOf } from '../../src/records/images/dynamodb/image-item.ts';
import type { Cloud, OwnService } from './cloud.ts';
import { sha256Of, sweepAll } from './record-check.ts';

const HOUR_MS = 3_600_000;

/** After every deadline and a sweep: asserts that table and bucket agree exactly, and that nothing is left over. */
export async function requireRest(cloud: Cloud, own: OwnService): Promise<Image[]> {
  for (let hours = 2; hours > 0; hours -= 1) {
    own.clock.offsetMs += HOUR_MS; // the second time for images that expired in the first
    await sweepAll(own);
  }
  await requireAgreement(cloud.table);
  const records = await recordsIn(cloud);
  const unsettled = records.filter((image) => image.status === 'pending' || isLeft(image));
  assert.deepEqual(unsettled, [], 'expected no records with work left');
  const published = records.filter(isStored);
  // An upload of a published image whose removal failed, or of one that has just expired, waits for a list or a
  // lifecycle rule.
  const passed = records.filter((image) => isStored(image) || image.status === 'expired');
  const passing = new Set<string>(passed.map(({ userId, id }) => incomingKey(userId, id)));
  const stored = (await keysIn(cloud)).filter((key) => !passing.has(key));
  assert.deepEqual(
    stored.toSorted(),
    published.map(({ objectKey }) => objectKey).toSorted(),
    'expected the objects that the records name',
  );
  for (const image of published) await requireBytes(cloud, image);
  return records;
}

const isLeft = (image: Image): boolean => 'remains' in image && 'removeAt' in image.remains;

/** Every record, in any state. */
export async function recordsIn({ table: { dynamo, name } }: Pick<Cloud, 'table'>): Promise<Image[]> {
  const client = new DynamoDBClient({ endpoint: dynamo.directUrl, region: dynamo.region, credentials: dynamo });
  try {
    const items: Record<string, AttributeValue>[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: name })) items.push(...Items);
    return items.filter(({ pk }) => pk?.S?.startsWith('I#')).map(imageOf);
  } finally {
    client.destroy();
  }
}

/** Every key in the bucket. */
export async function keysIn({ bucket: { client, name } }: Pick<Cloud, 'bucket'>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: name })) {
    keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
  }
  return keys;
}

async function requireBytes({ bucket }: Cloud, { id, objectKey, sizeBytes, sha256 }: StoredImage): Promise<void> {
  const { Body } = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: objectKey }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  assert.deepEqual([bytes.length, sha256Of(bytes)], [sizeBytes, sha256], `the bytes of ${id}`);
}

/** Asserts that idle processes keep no temporary files in this folder. */
export async function requireNothingStaged(folder: string): Promise<void> {
  const processes = await readdir(join(folder, 'data/processes'), { recursive: true });
  assert.ok(processes.some((path) => path.endsWith('/staged')));
  const staged = processes.filter((path) => path.includes('/staged/'));
  assert.deepEqual(staged, [], 'expected no temporary files');
}
