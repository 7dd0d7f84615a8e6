import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBucket, type TestBucket } from '../../../../test-servers/bucket.ts';
import type { S3Endpoint } from '../../../../test-servers/s3-endpoint.ts';
import { hearing } from '../observer/hearing.fixture.ts';
import type { ObjectStoreHarness } from './object-store.contract.ts';
import { S3_PROFILES } from './s3-capabilities.ts';
import { type OpenS3Options, openS3ObjectStore } from './s3-open.ts';

/** For tests: a store in a bucket of its own. */
export interface S3Harness extends ObjectStoreHarness {
  readonly bucket: TestBucket;
  readonly warnings: readonly string[];
}

export interface S3HarnessOptions extends Partial<OpenS3Options> {
  /** What the bucket is before the store is opened. */
  readonly prepare?: (bucket: TestBucket) => Promise<unknown>;
}

export async function createS3Harness(
  s3: S3Endpoint,
  { prepare, ...options }: S3HarnessOptions = {},
): Promise<S3Harness> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createBucket(s3));
  await prepare?.(bucket);
  const signingClock = { offsetSeconds: 0 };
  const warnings: string[] = [];
  const store = stack.use(
    await openS3ObjectStore({
      ...openOptions(bucket),
      clock: { now: () => new Date(Date.now() + signingClock.offsetSeconds * 1000) },
      observe: hearing('warning', ({ sentence }) => warnings.push(sentence)),
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

/** Where the bucket is, as the service's configuration says it. */
export const addressOf = ({ name, s3 }: Pick<TestBucket, 'name' | 's3'>) => ({
  bucket: name,
  region: s3.region,
  endpoint: s3.url,
  publicEndpoint: s3.url,
  isPathStyle: true,
  lacks: S3_PROFILES.ceph,
  caBundle: null,
});

/** How a service opens the bucket. */
export const openOptions = (bucket: TestBucket): OpenS3Options => ({
  ...addressOf(bucket),
  credentials: bucket.s3,
  presignedSeconds: 300,
  clock: { now: () => new Date() },
  stagingFolder: join(tmpdir(), `safelight-staged-${randomUUID()}`),
  observe: () => undefined,
  onChunk: () => undefined,
});
