import type { S3Client } from '@aws-sdk/client-s3';
import type { Capability } from '../../../object-store/s3/capabilities.ts';
import type { Aspect } from '../aspect.ts';

/** The bucket to set up. */
export interface BucketTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  readonly lacks: readonly Capability[];
  /** Whether the service and clients reach it by TLS only. */
  readonly isTls: boolean;
  /** Origins whose pages may use it; `*` stands for any port. */
  readonly origins: readonly string[];
  /** Lifetime of presigned URLs, in seconds. */
  readonly presignedSeconds: number;
  /** How long an upload in parts may last. */
  readonly uploadPartsHours: number;
  /** How long a change may take to be visible everywhere. */
  readonly waitMs: number;
}

export interface BucketAspect extends Aspect<BucketTarget> {
  /** The capabilities that it requires. */
  readonly needs: readonly Capability[];
}

/** The aspect; omitted if the store's profile lacks what it requires. */
export const whereAble = ({ name, needs, check }: BucketAspect): Aspect<BucketTarget> => ({
  name,
  async check(target) {
    const lacking = needs.filter((one) => target.lacks.includes(one));
    if (lacking.length > 0) return { kind: 'left-out', why: `this store lacks ${lacking.join(', ')}` };
    return check(target);
  },
});

/** The store's configuration; undefined if the store says, by one of these errors, that there is none. */
export async function readConfigured<Output>(
  reading: Promise<Output>,
  absentBy: readonly string[],
): Promise<Output | undefined> {
  try {
    return await reading;
  } catch (error) {
    // A bucket that a dry run didn't create has no configuration.
    if (error instanceof Error && ['NoSuchBucket', ...absentBy].includes(error.name)) return undefined;
    throw error;
  }
}
