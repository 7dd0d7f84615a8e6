import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBucket, type TestBucket } from '../../../../test-servers/bucket.ts';
import type { S3Endpoint } from '../../../../test-servers/s3-endpoint.ts';
import type { ObjectStoreHarness } from './object-store.contract.ts';
import { S3_PROFILES } from './s3-capabilities.ts';
import { type OpenS3Options, openS3ObjectStore } from './s3-open.ts';

/** For tests: a store in a bucket of its own. */
export interface S3Harness extends ObjectStoreHarness {
  readonly bucket: TestBucket;
  readonly warnings: readonly string[];
}

export async function createS3Harness(s3: S3Endpoint, options: Partial<OpenS3Options> = {}): Promise<S3Harness> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createBucket(s3));
  const signingClock = { offsetSeconds: 0 };
  const warnings: string[] = [];
  const store = stack.use(
    await openS3ObjectStore({
      ...openOptions(bucket),
      clock: { now: () => new Date(Date.now() + signingClock.offsetSeconds * 1000) },
      onWarning: (sentence) => warnings.push(sentence),
      ...options,
    }),
  );
  const held = stack.move();
  return {
    store,
    bucket,
    publicOrigin: s3.url,
    signingClock,
    warnings,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** How a service is configured that uses the bucket. */
export const openOptions = ({ name, s3 }: TestBucket): OpenS3Options => ({
  bucket: name,
  region: s3.region,
  endpoint: s3.url,
  publicEndpoint: s3.url,
  isPathStyle: true,
  lacks: S3_PROFILES.ceph,
  caBundle: null,
  credentials: s3,
  clock: { now: () => new Date() },
  stagingFolder: join(tmpdir(), `safelight-staged-${randomUUID()}`),
  onWarning: () => undefined,
  onChunk: () => undefined,
});
