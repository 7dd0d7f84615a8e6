import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  type LifecycleRule,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type ClockHearing, hearClock } from '../../aws/hear-clock.ts';
import { AppError } from '../../domain/errors.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { MultipartUploads } from '../multipart.ts';
import type { IncomingListing, ObjectStore } from '../object-store.ts';
import type { Presigner } from '../presigner.ts';
import type { Credentials } from '../signing/sigv4.ts';
import type { Staging } from '../staging.ts';
import { type Capability, publicAccessBlock } from './capabilities.ts';
import { createS3Clients, type S3Timeouts } from './client.ts';
import { diagnose } from './diagnosis.ts';
import { expiresIncoming, harmfulRules, hastyRules, incomingDays, unfinishedDays } from './lifecycle.ts';
import { createS3Multipart } from './multipart.ts';
import { createS3Presigner } from './presigner.ts';
import { createS3ObjectStore } from './s3.ts';
import { nameOf } from './s3-fault.ts';

export interface OpenS3Options {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly publicEndpoint: string | null;
  readonly isPathStyle: boolean;
  readonly lacks: readonly Capability[];
  readonly caBundle: string | null;
  readonly credentials: Credentials | null;
  /** Lifetime of presigned URLs. */
  readonly presignedSeconds: number;
  /** How long an upload in parts may last. */
  readonly uploadPartsHours: number;
  readonly clock: ClockHearing['clock'];
  /** Receives the objects that are checked out. */
  readonly staging: Pick<Staging, 'stage'>;
  readonly observe: Observer;
  /** By the answers to all calls; absent: clocks are compared at the start only. */
  readonly hearing?: ClockHearing;
  readonly timeouts?: S3Timeouts;
}

/** The limit of a start: an operator learns within this time that the store doesn't answer. */
const OPEN_MS = 10_000;

/**
 * With a clock off by this much, a URL of five minutes (the default) has expired when it is made, or isn't valid until
 * it expires.
 */
const MAX_CLOCK_SECONDS = 300;
const NOTABLE_CLOCK_SECONDS = 60;

/** An open bucket. Disposing closes its connections. */
export interface OpenedBucket extends AsyncDisposable {
  readonly objects: ObjectStore;
  readonly multipart: MultipartUploads;
  readonly presigner: Presigner;
  readonly incomingListing: IncomingListing;
}

/** Errors: `unavailable`, with a sentence that names the remedy. */
export async function openBucket(options: OpenS3Options): Promise<OpenedBucket> {
  const { bucket, region, publicEndpoint, isPathStyle, lacks, clock, staging } = options;
  const clients = await createS3Clients(options);
  const { client } = clients;
  if (options.hearing) hearClock(client, options.hearing);
  try {
    const signal = AbortSignal.timeout(OPEN_MS);
    let aheadSeconds = 0;
    const heard = (seconds: number): void => {
      aheadSeconds = seconds;
    };
    const list = new ListObjectsV2Command({ Bucket: bucket, Prefix: 'incoming/', MaxKeys: 1 });
    await client.send(hearClock(list, { clock, heard }), { abortSignal: signal });
    judgeClock(aheadSeconds, options);
    const [isVersioned, incomingListing] = await Promise.all([
      !lacks.includes('versioning') && findVersioning(client, options, signal),
      lacks.includes('lifecycle') ? ('seldom' as const) : judgeLifecycle(client, options, signal),
      !lacks.includes('public-access-block') && warnOfPublicAccess(client, options, signal),
    ]);
    const publicAddress = { endpoint: publicEndpoint, isPathStyle };
    const shared = { ...clients, bucket, region, lacks, isVersioned };
    const multipart = createS3Multipart(shared);
    return {
      objects: createS3ObjectStore({ ...shared, multipart, endpoint: options.endpoint, staging }),
      multipart,
      presigner: createS3Presigner({ ...shared, publicAddress, clock }),
      incomingListing,
      [Symbol.asyncDispose]: async () => client.destroy(),
    };
  } catch (error) {
    client.destroy();
    if (error instanceof AppError) throw error;
    const sentence = diagnose(error, options) ?? (error instanceof Error ? error.message : String(error));
    throw new AppError('unavailable', sentence, { cause: error });
  }
}

function judgeClock(aheadSeconds: number, { observe }: OpenS3Options): void {
  const offSeconds = Math.round(Math.abs(aheadSeconds));
  if (offSeconds <= NOTABLE_CLOCK_SECONDS) return;
  const where = aheadSeconds > 0 ? 'ahead of' : 'behind';
  const sentence = `This machine's clock is ${offSeconds} seconds ${where} the store's, so that presigned URLs are refused or end early: run timedatectl set-ntp true`;
  if (offSeconds > MAX_CLOCK_SECONDS) throw new AppError('unavailable', sentence);
  observe({ event: 'warning', sentence });
}

/** A store without versioning keeps no versions. */
async function findVersioning(
  client: S3Client,
  { bucket, observe }: OpenS3Options,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }), { abortSignal: signal });
    return Status !== undefined; // a bucket with suspended versioning still has its older versions
  } catch (error) {
    if (['NotImplemented', 'MethodNotAllowed'].includes(nameOf(error))) return false;
    if (nameOf(error) !== 'AccessDenied') throw error;
    const sentence = `Could not read whether the bucket ${bucket} keeps versions, which would outlive a delete: npm run admin -- provision --policies prints the needed policy`;
    observe({ event: 'warning', sentence });
    return false;
  }
}

/** Errors: `unavailable` if a rule would remove objects that the service needs. */
async function judgeLifecycle(client: S3Client, options: OpenS3Options, signal: AbortSignal): Promise<IncomingListing> {
  const { bucket, presignedSeconds, uploadPartsHours, observe } = options;
  const rules = await findLifecycleRules(client, options, signal);
  if (rules === 'unknown') {
    const sentence = `Could not read whether the lifecycle rules of the bucket ${bucket} keep unverified uploads: npm run admin -- provision --policies prints the needed policy`;
    observe({ event: 'warning', sentence });
    return 'never';
  }
  const harmful = harmfulRules(rules, incomingDays(presignedSeconds));
  if (harmful.length > 0) {
    const detail = `The lifecycle rules of the bucket ${bucket} would remove objects that the service needs: ${harmful.join(', ')}. Run npm run admin -- provision: it corrects its own rules, and names other rules that you must change`;
    throw new AppError('unavailable', detail);
  }
  const hasty = hastyRules(rules, unfinishedDays(uploadPartsHours));
  if (hasty.length > 0) {
    const sentence = `The lifecycle rules of the bucket ${bucket} may abort uploads in parts before ${uploadPartsHours} hours (UPLOAD_PARTS_HOURS) have passed: ${hasty.join(', ')}. Run npm run admin -- provision, which corrects its own rules, and change other rules to at least ${unfinishedDays(uploadPartsHours)} days; or set a smaller UPLOAD_PARTS_HOURS`;
    observe({ event: 'warning', sentence });
  }
  if (expiresIncoming(rules)) return 'never';
  const sentence = `No lifecycle rule of the bucket ${bucket} removes leftovers under incoming/, so the service lists them every 6 hours: run npm run admin -- provision`;
  observe({ event: 'warning', sentence });
  return 'seldom';
}

/** A store without lifecycle rules has none. */
async function findLifecycleRules(
  client: S3Client,
  { bucket }: OpenS3Options,
  signal: AbortSignal,
): Promise<readonly LifecycleRule[] | 'unknown'> {
  try {
    const command = new GetBucketLifecycleConfigurationCommand({ Bucket: bucket });
    return (await client.send(command, { abortSignal: signal })).Rules ?? [];
  } catch (error) {
    if (['NoSuchLifecycleConfiguration', 'NotImplemented', 'MethodNotAllowed'].includes(nameOf(error))) return [];
    if (nameOf(error) === 'AccessDenied') return 'unknown';
    throw error;
  }
}

async function warnOfPublicAccess(
  client: S3Client,
  { bucket, lacks, observe }: OpenS3Options,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { PublicAccessBlockConfiguration: block = {} } = await client.send(
      new GetPublicAccessBlockCommand({ Bucket: bucket }),
      { abortSignal: signal },
    );
    const wanted = publicAccessBlock(lacks);
    const flags = Object.keys(wanted) as (keyof typeof wanted)[];
    if (flags.every((flag) => (block[flag] ?? false) === wanted[flag])) return;
  } catch (error) {
    if (nameOf(error) !== 'NoSuchPublicAccessBlockConfiguration') {
      const sentence = `Could not read whether public access to the bucket ${bucket} is blocked (${nameOf(error)})`;
      observe({ event: 'warning', sentence });
      return;
    }
  }
  const sentence = `Public access to the bucket ${bucket} is not blocked completely: run npm run admin -- provision`;
  observe({ event: 'warning', sentence });
}
