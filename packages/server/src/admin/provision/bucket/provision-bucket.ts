import { AppError } from '../../../domain/errors.ts';
import type { Capability } from '../../../object-store/s3/capabilities.ts';
import { createS3Client } from '../../../object-store/s3/client.ts';
import { diagnose, isKeyRefused } from '../../../object-store/s3/diagnosis.ts';
import type { Secrets } from '../../../run/config/config.ts';
import type { S3Config } from '../../../run/config/s3-config.ts';
import { type Mode, makeRight, type Outcome } from '../make-right.ts';
import { BUCKET } from './bucket.ts';
import { type BucketAspect, type BucketTarget, whereAble } from './bucket-aspect.ts';
import { CORS } from './cors.ts';
import { ENCRYPTION } from './encryption.ts';
import { lackedBy, lacksSetting } from './lacked.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { type EventQueue, notificationTo } from './notification.ts';
import { OWNERSHIP } from './ownership.ts';
import { PUBLIC_ACCESS } from './public-access.ts';
import { readBack } from './read-back.ts';
import { TLS_ONLY } from './tls-only.ts';

const ASPECTS: readonly BucketAspect[] = [BUCKET, PUBLIC_ACCESS, OWNERSHIP, ENCRYPTION, TLS_ONLY, CORS, LIFECYCLE];

/** The errors by which a store refuses something that its profile doesn't exclude. */
const UNSUPPORTED = ['NotImplemented', 'MethodNotAllowed'];

/** A change of SQS takes effect within a minute ("SetQueueAttributes"). */
const WAIT_MS = 90_000;
/** A store shows a change at once, or within some seconds. */
const READ_BACK_MS = 5_000;

export interface ProvisionBucketOptions {
  readonly s3: S3Config;
  readonly awsKeys: Secrets['awsKeys'];
  readonly origins: readonly string[];
  /** Lifetime of presigned URLs, in seconds. */
  readonly presignedSeconds: number;
  /** How long an upload in parts may last. */
  readonly uploadPartsHours: number;
  /** null: new objects are not reported. */
  readonly queue: EventQueue | null;
  readonly mode: Mode;
  readonly waitMs?: number;
}

export interface ProvisionedBucket {
  readonly outcomes: readonly Outcome[];
  /** What the store lacks, in addition to the configured list. */
  readonly lacked: readonly Capability[];
}

/** Sets up a bucket. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function provisionBucket(options: ProvisionBucketOptions): Promise<ProvisionedBucket> {
  const { s3, awsKeys, origins, presignedSeconds, uploadPartsHours, queue, mode, waitMs = WAIT_MS } = options;
  const client = await createS3Client({ ...s3, credentials: awsKeys });
  const isTls = [s3.endpoint, s3.publicEndpoint].every((one) => one === null || one.startsWith('https:'));
  const target: BucketTarget = { ...s3, client, isTls, origins, presignedSeconds, uploadPartsHours, waitMs };
  const aspects = queue ? [...ASPECTS, notificationTo(queue)] : ASPECTS;
  try {
    const pass = (asked: Mode) => makeRight(aspects.map(whereAble), target, { mode: asked, unsupported: UNSUPPORTED });
    const outcomes = await pass(mode);
    const isReadBack = mode === 'apply' && s3.endpoint !== null; // Amazon keeps every setting, and may show it late
    const read = isReadBack
      ? await readBack(outcomes, () => pass('dry-run'), Math.min(waitMs, READ_BACK_MS))
      : { outcomes, unkept: new Map() };
    return { outcomes: read.outcomes, lacked: lackedBy(read, aspects) };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', sentence(error, s3, aspects), { cause: error });
  } finally {
    client.destroy();
  }
}

function sentence(error: unknown, s3: S3Config, aspects: readonly BucketAspect[]): string {
  if (!(error instanceof Error)) return String(error);
  if (isKeyRefused(error)) return diagnose(error, s3) ?? error.message;
  switch (error.name) {
    case 'AccessDenied':
      return `The credentials may not change the bucket ${s3.bucket} (${error.message}): run this with an administrator's`;
    case 'InvalidLocationConstraint':
      return `The store has no region ${s3.region}: set AWS_REGION to one that it has`;
    default:
      return diagnose(error, s3) ?? `The store says ${error.name} (${error.message})${advice(error, s3, aspects)}`;
  }
}

/** The error's message begins with its aspect. */
function advice({ message }: Error, { lacks }: S3Config, aspects: readonly BucketAspect[]): string {
  const needs = aspects.find(({ name }) => message.startsWith(`${name}: `))?.needs ?? [];
  return needs.length === 0 ? '' : `; if it can't do that, set ${lacksSetting(lacks, needs)}`;
}
