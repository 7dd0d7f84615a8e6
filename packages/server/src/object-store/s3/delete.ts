import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import type { Erased } from '../object-store.ts';
import { ATTEMPTS, pauseAfter } from './attempts.ts';
import { nameOf, onS3, s3Fault } from './s3-fault.ts';

/** S3's limit of one request. */
const BATCH = 1_000;

interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly isVersioned: boolean;
}

/**
 * Removes the existing objects among `keys`; in a versioned bucket every version, so that deleted bytes can't be
 * restored.
 */
export async function deleteObjects(where: Bucket, keys: readonly string[]): Promise<void> {
  const objects = where.isVersioned ? await versionsOf(where, keys) : keys.map((Key) => ({ Key }));
  for (let start = 0; start < objects.length; start += BATCH) {
    const { length } = await deleteBatch(where, objects.slice(start, start + BATCH));
    if (length > 0) throw new AppError('unavailable', `expected ${length} deletes; got ${DENIED}`);
  }
}

/**
 * Removes everything below a prefix, also what only former versions and markers of deletions are left of. Versions are
 * looked for unless the store has none, because the bucket may have got them after the service was started. Goes on if
 * the removal of single ones is denied.
 */
export async function eraseObjects(
  where: Pick<Bucket, 'client' | 'bucket'>,
  prefix: string,
  { mayHaveVersions }: { readonly mayHaveVersions: boolean },
): Promise<Erased> {
  const erased = { objects: 0, versions: 0, kept: 0 };
  for await (const page of (mayHaveVersions ? versionsBelow : objectsBelow)(where, prefix)) {
    if (page.length === 0) continue;
    const kept = new Set((await deleteBatch(where, page.map(identifierOf))).map(textOf));
    const removed = page.filter((one) => !kept.has(textOf(one)));
    const former = removed.filter(({ isFormer }) => isFormer).length;
    erased.objects += removed.length - former;
    erased.versions += former;
    erased.kept += kept.size;
  }
  return erased;
}

type Listed = ObjectIdentifier & { readonly isFormer: boolean };

const identifierOf = ({ Key, VersionId }: Partial<ObjectIdentifier>): ObjectIdentifier => ({
  Key,
  ...(VersionId && { VersionId }),
});

const textOf = ({ Key, VersionId }: ObjectIdentifier): string => `${VersionId ?? ''} ${Key}`;

async function* objectsBelow({ client, bucket }: Pick<Bucket, 'client' | 'bucket'>, Prefix: string) {
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix });
  for await (const { Contents = [] } of faulty(pages))
    yield Contents.map(({ Key }): Listed => ({ Key, isFormer: false }));
}

async function* versionsBelow(where: Pick<Bucket, 'client' | 'bucket'>, Prefix: string) {
  const { client, bucket } = where;
  for (let KeyMarker: string | undefined, VersionIdMarker: string | undefined; ; ) {
    const input = { Bucket: bucket, Prefix, KeyMarker, VersionIdMarker };
    const page = await client.send(new ListObjectVersionsCommand(input)).catch((error: unknown) => {
      if (KeyMarker === undefined && NO_VERSIONS.includes(nameOf(error))) return undefined;
      throw s3Fault(error);
    });
    if (!page) return yield* objectsBelow(where, Prefix);
    const { Versions = [], DeleteMarkers = [] } = page;
    yield [
      ...Versions.map(({ Key, VersionId, IsLatest }): Listed => ({ Key, VersionId, isFormer: IsLatest === false })),
      ...DeleteMarkers.map(({ Key, VersionId }): Listed => ({ Key, VersionId, isFormer: true })),
    ];
    if (page.IsTruncated !== true) return;
    ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
  }
}

/** The answers of stores without versions. */
const NO_VERSIONS: readonly string[] = ['NotImplemented', 'MethodNotAllowed'];

/** The pages, with failures translated. */
async function* faulty<Page>(pages: AsyncIterable<Page>): AsyncGenerator<Page> {
  try {
    yield* pages;
  } catch (error) {
    throw s3Fault(error);
  }
}

/** The store's answer of a single object that this service may not remove, as with Object Lock. */
const DENIED = 'AccessDenied';

/**
 * A successful answer may contain failures of single objects, which are retried. Returns those whose removal is denied.
 */
async function deleteBatch(
  { client, bucket }: Pick<Bucket, 'client' | 'bucket'>,
  objects: readonly ObjectIdentifier[],
): Promise<readonly ObjectIdentifier[]> {
  let left = [...objects];
  for (let attempt = 1; ; attempt += 1) {
    const { Errors = [] } = await onS3(
      client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: left, Quiet: true } })),
    );
    const failed = Errors.filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
    if (failed.length === 0) return [];
    left = failed.map(identifierOf);
    if (attempt === ATTEMPTS) {
      const other = failed.find(({ Code }) => Code !== DENIED);
      if (!other) return left;
      throw new AppError('unavailable', `expected ${left.length} deletes; got ${other.Code}`);
    }
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
