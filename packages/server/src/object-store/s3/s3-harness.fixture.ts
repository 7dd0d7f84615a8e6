import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { createBucket, type TestBucket } from '../../../../../test/servers/bucket.ts';
import type { S3Endpoint } from '../../../../../test/servers/s3-endpoint.ts';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import type { MultipartHarness } from '../multipart.contract.ts';
import { createLocalStaging } from '../staging/local-staging.ts';
import type { Staging } from '../staging.ts';
import { S3_PROFILES } from './capabilities.ts';
import { type OpenedBucket, type OpenS3Options, openBucket } from './open.ts';
import { type StoreFrontOptions, startStoreFront } from './store-front.fixture.ts';

/** A store in a new bucket. */
export interface S3Harness extends MultipartHarness {
  readonly bucket: TestBucket;
  readonly warnings: readonly string[];
}

export interface S3HarnessOptions extends Partial<OpenOptions> {
  /** Prepares the bucket before the store is opened. */
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
  const opened = stack.use(
    await openStore({
      ...openOptions(bucket),
      clock: {
        now: () => new Date(Date.now() + signingClock.offsetSeconds * 1000),
        elapsedMs: () => performance.now(),
      },
      observe: hearing('warning', ({ sentence }) => warnings.push(sentence)),
      ...options,
    }),
  );
  const held = stack.move();
  return {
    ...opened,
    bucket,
    publicOrigin: s3.url,
    signingClock,
    warnings,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** A store behind a front whose `answer` may stand in for it; `direct` is the store itself. */
export async function createFrontedStore(
  s3: S3Endpoint,
  answer: NonNullable<StoreFrontOptions['answer']>,
  { prepare, ...options }: S3HarnessOptions = {},
) {
  await using stack = new AsyncDisposableStack();
  const harness = stack.use(await createS3Harness(s3, prepare ? { prepare } : {}));
  const front = stack.use(await startStoreFront({ to: s3.url, answer }));
  const opened = stack.use(await openStore({ ...openOptions(harness.bucket), endpoint: front.url, ...options }));
  const held = stack.move();
  return { ...opened, direct: harness, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const folder = mkdtempSync(join(tmpdir(), 'safelight-'));
after(() => rm(folder, { recursive: true }));

/** The bucket's address, as in the service's configuration. */
export const addressOf = ({ name, s3 }: Pick<TestBucket, 'name' | 's3'>) => ({
  bucket: name,
  region: s3.region,
  endpoint: s3.url,
  publicEndpoint: s3.url,
  isPathStyle: true,
  lacks: S3_PROFILES.ceph,
  caBundle: null,
});

export type OpenOptions = Omit<OpenS3Options, 'staging'>;

/** Opens the bucket as a service does. */
export const openOptions = (bucket: TestBucket): OpenOptions => ({
  ...addressOf(bucket),
  credentials: bucket.s3,
  presignedSeconds: 300,
  uploadPartsHours: 20,
  clock: { now: () => new Date(), elapsedMs: () => performance.now() },
  observe: () => undefined,
});

export interface OpenedStore extends Omit<OpenedBucket, 'objects'> {
  readonly store: OpenedBucket['objects'];
  readonly staging: Staging;
}

/** The open bucket, with a temporary folder for its files. */
export async function openStore(options: OpenOptions): Promise<OpenedStore> {
  await using stack = new AsyncDisposableStack();
  const folder = join(tmpdir(), `safelight-staged-${randomUUID()}`);
  const staging = stack.use(createLocalStaging(folder, { files: 'temporary', maxBytes: Number.POSITIVE_INFINITY }));
  const { objects: store, ...opened } = stack.use(await openBucket({ ...options, staging }));
  const held = stack.move();
  return { ...opened, store, staging, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
