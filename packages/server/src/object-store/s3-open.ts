import {
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../domain/errors.ts';
import { createS3ObjectStore, type S3ObjectStore } from './s3.ts';
import type { Capability } from './s3-capabilities.ts';
import { createS3Client } from './s3-client.ts';
import { diagnose } from './s3-diagnosis.ts';
import { nameOf } from './s3-fault.ts';
import type { Credentials } from './sigv4.ts';

export interface OpenS3Options {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly publicEndpoint: string | null;
  readonly isPathStyle: boolean;
  readonly lacks: readonly Capability[];
  readonly caBundle: string | null;
  readonly credentials: Credentials | null;
  readonly clock: { now(): Date };
  /** Hears, in a sentence, of what works but should not stay so. */
  readonly onWarning: (sentence: string) => void;
}

/** Opens a bucket that can be used. Errors: `unavailable`, with a sentence that says what mends it. */
export async function openS3ObjectStore(options: OpenS3Options): Promise<S3ObjectStore> {
  const { bucket, region, publicEndpoint, isPathStyle, lacks, clock } = options;
  const client = await createS3Client(options);
  try {
    await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'incoming/', MaxKeys: 1 }));
    const isVersioned = await findVersioning(client, bucket);
    if (!lacks.includes('public-access-block')) await warnOfPublicAccess(client, options);
    const publicAddress = { endpoint: publicEndpoint, isPathStyle };
    return await createS3ObjectStore({
      client,
      bucket,
      region,
      endpoint: options.endpoint,
      publicAddress,
      lacks,
      isVersioned,
      clock,
    });
  } catch (error) {
    client.destroy();
    const sentence = diagnose(error, options) ?? (error instanceof Error ? error.message : String(error));
    throw new AppError('unavailable', sentence, { cause: error });
  }
}

/** A store that knows no versions keeps none. */
async function findVersioning(client: S3Client, bucket: string): Promise<boolean> {
  try {
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
    return Status !== undefined; // what was versioned before it was suspended still has its versions
  } catch (error) {
    if (['NotImplemented', 'MethodNotAllowed', 'AccessDenied'].includes(nameOf(error))) return false;
    throw error;
  }
}

async function warnOfPublicAccess(client: S3Client, { bucket, onWarning }: OpenS3Options): Promise<void> {
  try {
    const { PublicAccessBlockConfiguration: block } = await client.send(
      new GetPublicAccessBlockCommand({ Bucket: bucket }),
    );
    const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } = block ?? {};
    if (BlockPublicAcls && IgnorePublicAcls && BlockPublicPolicy && RestrictPublicBuckets) return;
  } catch (error) {
    if (nameOf(error) !== 'NoSuchPublicAccessBlockConfiguration') {
      onWarning(`Whether public access to the bucket ${bucket} is blocked could not be read (${nameOf(error)})`);
      return;
    }
  }
  onWarning(`Public access to the bucket ${bucket} is not blocked: run npm run provision`);
}
