import { createBucket, type TestBucket } from '../../../../test/servers/bucket.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { originsOf } from '../../src/admin/provision/bucket/cors.ts';
import { provisionBucket } from '../../src/admin/provision/bucket/provision-bucket.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { type RunningService, startService } from './running-service.ts';

/** The settings of a service on the bucket. */
export const environmentOf = ({ name, s3 }: TestBucket) => ({
  S3_BUCKET: name,
  S3_PROFILE: 'ceph',
  AWS_ENDPOINT_URL: s3.url,
  AWS_REGION: s3.region,
  AWS_ACCESS_KEY_ID: s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
});

/** Provisions the bucket as `npm run admin -- provision` does. */
export async function provision(bucket: TestBucket, environment: Record<string, string> = {}): Promise<void> {
  const { config, secrets } = loadConfig({ ...environmentOf(bucket), ...environment });
  const { s3, presignedSeconds, uploadPartsHours } = config;
  if (s3 === null) throw new Error('expected a bucket in the configuration; got none');
  const rest = {
    awsKeys: secrets.awsKeys,
    origins: originsOf(config),
    presignedSeconds,
    uploadPartsHours,
    queue: null,
  } as const;
  await provisionBucket({ s3, ...rest, mode: 'apply' });
}

/** A test's own bucket, as `npm run admin -- provision` leaves it. */
export async function createProvisionedBucket(name?: string): Promise<TestBucket> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await s3ForTests());
  const bucket = stack.use(await createBucket(server.s3, name));
  await provision(bucket);
  const held = stack.move();
  return { ...bucket, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** `npm start` on a new bucket. */
export async function startServiceOnCeph(environment: Record<string, string> = {}): Promise<RunningService> {
  await using stack = new AsyncDisposableStack();
  const bucket = stack.use(await createProvisionedBucket());
  const service = stack.use(await startService({ ...environmentOf(bucket), ...environment }));
  const held = stack.move();
  return { ...service, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
