import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import { ATTEMPTS, pauseAfter } from './attempts.ts';
import { onS3, s3Fault } from './s3-fault.ts';

/** S3's limit of one request. */
const BATCH = 1_000;

interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly isVersioned: boolean;
}

/** Removes the existing objects among `keys`; in a versioned bucket every version, so that deleted bytes can't be restored. */
export async function deleteObjects(where: Bucket, keys: readonly string[]): Promise<void> {
  const objects = where.isVersioned ? await versionsOf(where, keys) : keys.map((Key) => ({ Key }));
  for (let start = 0; start < objects.length; start += BATCH) {
    await deleteBatch(where, objects.slice(start, start + BATCH));
  }
}

/** A successful answer may contain failures of single objects, which are retried. */
async function deleteBatch({ client, bucket }: Bucket, objects: readonly ObjectIdentifier[]): Promise<void> {
  let left = [...objects];
  for (let attempt = 1; ; attempt += 1) {
    const { Errors = [] } = await onS3(
      client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: left, Quiet: true } })),
    );
    const failed = Errors.filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
    if (failed.length === 0) return;
    if (attempt === ATTEMPTS) {
      throw new AppError('unavailable', `expected ${left.length} deletes; got ${failed[0]?.Code}`);
    }
    left = failed.map(({ Key, VersionId }) => ({ Key, ...(VersionId && { VersionId }) }));
    await pauseAfter(attempt);
  }
}

async function versionsOf({ client, bucket }: Bucket, keys: readonly string[]): Promise<ObjectIdentifier[]> {
  const found: ObjectIdentifier[] = [];
  try {
    for (const key of keys) {
      // All versions of a key are listed together, on several pages only above a thousand.
      for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined, isMore = true; isMore; ) {
        const input = { Bucket: bucket, Prefix: key, KeyMarker, VersionIdMarker };
        const page = await client.send(new ListObjectVersionsCommand(input));
        for (const { Key, VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
          if (Key === key) found.push({ Key, VersionId });
        }
        isMore = page.IsTruncated === true && page.NextKeyMarker === key;
        ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
      }
    }
  } catch (error) {
    throw s3Fault(error);
  }
  return found;
}
