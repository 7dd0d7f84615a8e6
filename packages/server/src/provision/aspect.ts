import type { S3Client } from '@aws-sdk/client-s3';
import type { Capability } from '../object-store/s3-capabilities.ts';

/** The bucket that is to be made right. */
export interface Target {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  readonly lacks: readonly Capability[];
  /** It is reached by TLS only, by the service and by clients. */
  readonly isTls: boolean;
  /** Origins whose pages may use it; a `*` stands for any port. */
  readonly origins: readonly string[];
}

/** One thing that a bucket should be. */
export interface Aspect {
  readonly name: string;
  /** Without all of these it can't be. */
  readonly needs: readonly Capability[];
  /** Compares what is with what should be. Changes nothing. */
  check(target: Target): Promise<Finding>;
}

export type Finding = LeftOut | Compared;

/** Nothing of it is done, for this reason. */
export interface LeftOut {
  readonly kind: 'left-out';
  readonly why: string;
}

export interface Compared {
  readonly kind: 'compared';
  /** A line for each thing that isn't as it should be. */
  readonly difference: readonly string[];
  /** A line for each part that this store can't do. */
  readonly except: readonly string[];
  /** Makes it as it should be; what others configured besides stays. */
  apply(): Promise<unknown>;
}

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
