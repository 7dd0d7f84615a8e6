import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { EarlierName } from '../../src/admin/imports/sources/earlier/families.ts';

export type Item = Record<string, AttributeValue>;

/** An upload as its client sent it. */
export interface EarlierImage {
  readonly imageId: string;
  readonly userId: string;
  /** null: the client got a grant, and never sent the bytes. */
  readonly bytes: Uint8Array | null;
  readonly contentType: string;
  readonly filename: string;
  readonly tags: readonly string[];
  readonly description: string | null;
  readonly metadata: string | null;
  readonly at: Date;
}

/** The table and the bucket of an earlier service, empty at first. */
export interface EarlierStores extends AsyncDisposable {
  readonly family: EarlierName;
  readonly table: string;
  readonly bucket: string;
  readonly dynamo: DynamoForTests['dynamo'];
  readonly s3: S3ForTests['s3'];
  /** As the service did. The object's key is what it returns. */
  upload(image: EarlierImage): Promise<string>;
  putRecord(record: Item): Promise<void>;
  putObject(key: string, bytes: Uint8Array, contentType: string): Promise<void>;
}

export async function createEarlierStores(family: EarlierName): Promise<EarlierStores> {
  await using stack = new AsyncDisposableStack();
  const { dynamo } = stack.use(await dynamoForTests());
  const { s3 } = stack.use(await s3ForTests());
  const bucket = stack.use(await createBucket(s3));
  const table = `earlier-${randomUUID()}`;
  const client = new DynamoDBClient({ endpoint: dynamo.url, region: dynamo.region, credentials: dynamo });
  await client.send(new CreateTableCommand(definitionOf(family, table)));
  stack.defer(async () => {
    await client.send(new DeleteTableCommand({ TableName: table }));
    client.destroy();
  });

  async function putObject(Key: string, Body: Uint8Array, ContentType: string): Promise<void> {
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key, Body, ContentType }));
  }
  async function putRecord(Item: Item): Promise<void> {
    await client.send(new PutItemCommand({ TableName: table, Item }));
  }

  const held = stack.move();
  return {
    family,
    table,
    bucket: bucket.name,
    dynamo,
    s3,
    putObject,
    putRecord,
    async upload(image) {
      const key = keyOf(family, image);
      if (image.bytes !== null) await putObject(key, image.bytes, image.contentType);
      const record = recordOf(family, image, key);
      if (record !== null) await putRecord(record);
      return key;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const BY_USER: readonly EarlierName[] = ['000', '004'];

function definitionOf(family: EarlierName, TableName: string) {
  const names = BY_USER.includes(family) ? (['user_id', 'image_id'] as const) : (['image_id'] as const);
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    KeySchema: names.map((AttributeName, index) => ({
      AttributeName,
      KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const),
    })),
  };
}

function keyOf(family: EarlierName, { imageId, userId, filename }: EarlierImage): string {
  switch (family) {
    case '000':
      return `images/${imageId}`;
    case '001':
      return `images/${randomUUID()}`;
    case '002':
      return `${userId}/${imageId}`;
    case '003':
      return `images/${userId}/${imageId}/${filename}`;
    case '004':
      return imageId;
  }
}

/** null: the service wrote none. */
export function recordOf(family: EarlierName, image: EarlierImage, key: string): Item | null {
  const ids = { user_id: { S: image.userId }, image_id: { S: image.imageId } };
  const contentType = { content_type: { S: image.contentType } };
  const uploaded = {
    ...ids,
    s3_key: { S: key },
    upload_time: { S: isoformat(image.at) },
    ...(image.description !== null && { description: { S: image.description } }),
  };
  const tags = { L: image.tags.map((tag) => ({ S: tag })) };
  switch (family) {
    case '000':
      return { ...uploaded, ...contentType, tags };
    case '001':
      return { ...uploaded, tags };
    case '002':
      return { ...uploaded, tags: { S: image.tags.join(',') } };
    case '003':
      return {
        ...ids,
        ...contentType,
        filename: { S: image.filename },
        s3_key: { S: key },
        size: { N: String(image.bytes?.length ?? 0) },
        created_at: { S: isoformat(image.at) },
        metadata: image.metadata === null ? { NULL: true } : { S: image.metadata },
      };
    case '004': {
      const tag = image.tags.at(-1); // one record was written for each tag, over the one before
      if (tag === undefined) return null;
      const created_at = { N: String(Math.floor(image.at.getTime() / 1_000)) };
      return { ...ids, ...contentType, filename: { S: image.filename }, created_at, tag: { S: tag } };
    }
  }
}

/** Python's: UTC without a zone, in microseconds. */
const isoformat = (at: Date): string => at.toISOString().replace('Z', '456');
