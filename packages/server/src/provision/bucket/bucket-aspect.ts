import type { S3Client } from '@aws-sdk/client-s3';
import type { Capability } from '../../object-store/s3-capabilities.ts';
import type { Aspect } from '../aspect.ts';

/** The bucket that is to be made right. */
export interface BucketTarget {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  readonly lacks: readonly Capability[];
  /** It is reached by TLS only, by the service and by clients. */
  readonly isTls: boolean;
  /** Origins whose pages may use it; a `*` stands for any port. */
  readonly origins: readonly string[];
  /** Lifetime of presigned URLs. */
  readonly presignedSeconds: number;
  /** How long others may take to learn what was changed. */
  readonly waitMs: number;
}

export interface BucketAspect extends Aspect<BucketTarget> {
  /** Without all of these it can't be. */
  readonly needs: readonly Capability[];
}

/** The aspect, left out where the store's profile lacks what it needs. */
export const whereAble = ({ name, needs, check }: BucketAspect): Aspect<BucketTarget> => ({
  name,
  async check(target) {
    const lacking = needs.filter((one) => target.lacks.includes(one));
    if (lacking.length > 0) return { kind: 'left-out', why: `this store lacks ${lacking.join(', ')}` };
    return check(target);
  },
});

/** What the store has configured; undefined where it says, by one of these errors, that nothing is. */
export async function readConfigured<Output>(
  reading: Promise<Output>,
  absentBy: readonly string[],
): Promise<Output | undefined> {
  try {
    return await reading;
  } catch (error) {
    // A bucket that a dry run didn't make has nothing configured.
    if (error instanceof Error && ['NoSuchBucket', ...absentBy].includes(error.name)) return undefined;
    throw error;
  }
}
