import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Endpoint } from './s3-endpoint.ts';

/** A bucket for one test, removed with its objects. */
export interface TestBucket extends AsyncDisposable {
  readonly name: string;
  readonly s3: S3Endpoint;
  readonly client: S3Client;
}

/** See topic.ts: a bucket with notifications has an entry in that object, too. */
const ATTEMPTS = 50;

export async function createBucket(s3: S3Endpoint, name = `test-${randomUUID()}`): Promise<TestBucket> {
  const client = new S3Client({
    endpoint: s3.url,
    region: s3.region,
    credentials: s3,
    forcePathStyle: true,
    maxAttempts: ATTEMPTS,
  });
  await client.send(new CreateBucketCommand({ Bucket: name }));
  return {
    name,
    s3,
    client,
    async [Symbol.asyncDispose]() {
      await empty(client, name);
      await client.send(new DeleteBucketCommand({ Bucket: name }));
      client.destroy();
    },
  };
}

async function empty(client: S3Client, name: string): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name }));
  for (const { Key, UploadId } of Uploads) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId }));
  }
  while (true) {
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket: name }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    await client.send(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects, Quiet: true } }));
  }
}
