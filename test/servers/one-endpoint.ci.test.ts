import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createBucket } from './bucket.ts';
import { NO_CEPH } from './ceph.ts';
import { NO_DYNOXIDE, startDynoxide } from './dynoxide.ts';
import { startOneEndpoint } from './one-endpoint.ts';
import { s3ForTests } from './s3-for-tests.ts';
import { createTable } from './table.ts';

describe('one endpoint for S3 and DynamoDB', { skip: NO_CEPH || NO_DYNOXIDE }, () => {
  it('keeps objects and items, and refuses to scan', async (t) => {
    await using s3Server = await s3ForTests();
    const dynoxide = await startDynoxide();
    t.after(() => dynoxide.stop('passed'));
    await using one = await startOneEndpoint({ s3: s3Server.s3, dynamo: dynoxide.dynamo });
    assert.deepEqual([one.s3.url, one.dynamo.url], [one.url, one.url]);

    await using bucket = await createBucket(one.s3);
    const Body = randomBytes(3_000_000);
    await bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: 'k', Body }));
    const object = await bucket.client.send(new GetObjectCommand({ Bucket: bucket.name, Key: 'k' }));
    assert.ok(Body.equals((await object.Body?.transformToByteArray()) ?? Buffer.of()));
    // Ceph compares the signed Host.
    const url = await getSignedUrl(bucket.client, new GetObjectCommand({ Bucket: bucket.name, Key: 'k' }));
    assert.ok(Body.equals(Buffer.from(await (await fetch(url)).arrayBuffer())));
    assert.equal((await fetch(`${url}0`)).status, 403);

    await using table = await createTable(one.dynamo);
    const item = { pk: { S: 'p' }, sk: { S: 's' } };
    await table.client.send(new PutItemCommand({ TableName: table.name, Item: item }));
    const found = await table.client.send(new GetItemCommand({ TableName: table.name, Key: item }));
    assert.deepEqual(found.Item, item);
    const scan = new ScanCommand({ TableName: table.name });
    await assert.rejects(table.client.send(scan), { message: /^Nothing may scan/ });
    assert.equal(dynoxide.refusedScans.length, 1);
  });
});
