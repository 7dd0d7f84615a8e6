import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../test/servers/bucket.ts';
import type { S3Endpoint } from '../../../../test/servers/s3-endpoint.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { GateRules } from '../../src/gates/gate.ts';
import type { S3Timeouts } from '../../src/object-store/s3/client.ts';
import type { Services } from '../../src/services.ts';
import { type FaultyProxy, startFaultyProxy } from '../faults/faulty-proxy.ts';
import { createTestGate, type TestGate } from '../gates/test-gate.ts';
import { FAULTY_S3, type S3FaultKind } from '../s3/fault-kinds.ts';
import { movingClock } from './moving-clock.ts';
import { PATIENT_TIMEOUTS } from './patience.ts';
import { createTestService, json, type TestService } from './service.ts';
import { sharedImaging } from './shared-imaging.ts';

/** The whole service on its own bucket, reached through a proxy; clients reach it directly. */
export interface S3Service extends TestService {
  readonly bucket: TestBucket;
  readonly proxy: FaultyProxy<S3FaultKind>;
  readonly clock: ReturnType<typeof movingClock>;
  /** The images pass it only if `gateRules` are given. */
  readonly gate: TestGate;
  grant(fields?: object): Promise<Grant>;
  record(id: string): Promise<Image | undefined>;
  /** Every key in the bucket. */
  storedKeys(): Promise<string[]>;
  /** The service's temporary files. */
  stagedFiles(): Promise<string[]>;
}

export interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

export interface S3ServiceOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly isVersioned?: boolean;
  /** An existing bucket; by default a new one. */
  readonly bucket?: TestBucket;
  /** Prepares the bucket before the service is opened, instead of a lifecycle rule on `incoming/`. */
  readonly prepareBucket?: (bucket: TestBucket) => Promise<unknown>;
  /** By default patient: a retry would change what a test counts, or pass a call that it holds. */
  readonly timeouts?: S3Timeouts;
  readonly wrapImaging?: (imaging: Services['imaging']) => Services['imaging'];
  /** With a gate of these rules. */
  readonly gateRules?: Partial<GateRules>;
}

/** For a test that waits for them: long for a local store, also on a busy machine. */
export const SHORT_TIMEOUTS = { connectMs: 4_000, answerMs: 4_000, idleMs: 4_000 };

/** The settings of a service on the bucket, reached by `url`. */
export const environmentOf = ({ name, s3 }: TestBucket, url: string): Record<string, string> => ({
  S3_BUCKET: name,
  S3_PROFILE: 'ceph',
  AWS_ENDPOINT_URL: url,
  S3_PUBLIC_ENDPOINT_URL: s3.url,
  AWS_REGION: s3.region,
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
  FINALIZE_ON_READ: 'off',
});

export async function createS3Service(
  s3: S3Endpoint,
  {
    environment = {},
    isVersioned = false,
    bucket: given,
    prepareBucket = expireIncoming,
    timeouts = PATIENT_TIMEOUTS,
    wrapImaging = (imaging) => imaging,
    gateRules,
  }: S3ServiceOptions = {},
): Promise<S3Service> {
  await using stack = new AsyncDisposableStack();
  const bucket = given ?? stack.use(await createBucket(s3));
  if (isVersioned) {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await bucket.client.send(new PutBucketVersioningCommand({ Bucket: bucket.name, VersioningConfiguration }));
  }
  await prepareBucket(bucket);
  const proxy = stack.use(await startFaultyProxy(s3.url, FAULTY_S3));
  const clock = movingClock();
  const gate = createTestGate('scan', gateRules);
  const gates = gateRules ? { gates: [gate] } : {};
  const service = stack.use(
    await createTestService({
      environment: { ...environmentOf(bucket, proxy.url), ...environment },
      overrides: { clock, s3Timeouts: timeouts, wrapImaging: () => wrapImaging(sharedImaging), ...gates },
    }),
  );
  const held = stack.move();
  return {
    ...service,
    bucket,
    proxy,
    clock,
    gate,
    send: (url, init) => fetch(url, init),
    async grant(fields = {}) {
      const asked = json({ user_id: 'u', content_type: 'image/jpeg', ...fields });
      return (await service.request('/images/upload', asked)).json() as Promise<Grant>;
    },
    record: async (id) => service.services.images.get(id as Image['id']),
    storedKeys: () => keysIn(bucket),
    stagedFiles: () => readdir(join(service.folder, 'staged')),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** With this rule no sweeper lists `incoming/`. */
const expireIncoming = ({ client, name }: TestBucket): Promise<unknown> => {
  const rule = {
    ID: 'incoming',
    Status: 'Enabled',
    Filter: { Prefix: 'incoming/' },
    Expiration: { Days: 14 },
  } as const;
  const LifecycleConfiguration = { Rules: [rule] };
  return client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: name, LifecycleConfiguration }));
};

async function keysIn({ client, name }: TestBucket): Promise<string[]> {
  const { Contents = [], IsTruncated } = await client.send(new ListObjectsV2Command({ Bucket: name }));
  if (IsTruncated) throw new Error(`expected fewer objects in ${name}; got more than a page`);
  return Contents.flatMap(({ Key }) => Key ?? []);
}
