import { HeadObjectCommand, ListObjectsV2Command, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { AppError } from '../../../../domain/errors.ts';
import { type OpenedBody, openBody } from '../../../../object-store/s3/body.ts';
import { createS3Client, type S3Timeouts } from '../../../../object-store/s3/client.ts';
import { diagnoseElsewhere, type ElsewhereSettings } from '../../../../object-store/s3/diagnose-elsewhere.ts';
import { answered, meansAbsent, nameOf, s3Fault } from '../../../../object-store/s3/s3-fault.ts';
import type { Credentials } from '../../../../object-store/signing/sigv4.ts';

export interface SourceBucketOptions {
  readonly bucket: string;
  /** Only keys that begin so are listed; '': all. */
  readonly prefix: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** null: the SDK's provider chain. */
  readonly credentials: Credentials | null;
  readonly caBundle: string | null;
  readonly timeouts?: S3Timeouts;
}

export interface BucketObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** To the second. */
  readonly modifiedAt: Date;
}

/** A bucket that is only read: ListObjectsV2, HeadObject and GetObject. All errors are `unavailable`. */
export interface SourceBucket extends AsyncDisposable {
  /** In the order of their keys, without the empty ones that consoles make as folders. */
  list(): AsyncIterable<BucketObject>;
  /** undefined: there is no such object. */
  head(key: string): Promise<BucketObject | undefined>;
  /** undefined: there is no such object, or it is archived and has no bytes until somebody restores it. */
  open(key: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
}

const SETTINGS: ElsewhereSettings = {
  accessKeyId: 'IMPORT_AWS_ACCESS_KEY_ID',
  secretAccessKey: 'IMPORT_AWS_SECRET_ACCESS_KEY',
  region: 'IMPORT_AWS_REGION',
  endpoint: 'IMPORT_S3_ENDPOINT',
  page: 'docs/import.md',
  ifAbsent: 'check its name',
};

/** Errors: `unavailable`, also if the bucket can't be listed. */
export async function openSourceBucket(options: SourceBucketOptions): Promise<SourceBucket> {
  const { bucket: Bucket, prefix: Prefix } = options;
  const client = await createS3Client({ ...options, isPathStyle: options.endpoint !== null });
  const onSource = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw sourceFault(error, options);
    });

  try {
    // An object of a bucket that isn't there is as absent as any other: only a list tells.
    await onSource(client.send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 })));
  } catch (error) {
    client.destroy();
    throw error;
  }

  async function* chunksOf({ chunks, close }: OpenedBody, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) yield chunk;
    } catch (error) {
      signal.throwIfAborted();
      throw sourceFault(error, options);
    } finally {
      close();
    }
  }

  return {
    async *list() {
      // With a control character in a key the answer would be no XML.
      const asked = { Bucket, Prefix, EncodingType: 'url' } as const;
      const pages = paginateListObjectsV2({ client }, asked)[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await onSource(pages.next());
        if (done) return;
        for (const { Key = '', Size, LastModified } of value.Contents ?? []) {
          const key = value.EncodingType === 'url' ? decoded(Key) : Key;
          const sizeBytes = answered('a size', Size);
          if (sizeBytes === 0 && key.endsWith('/')) continue;
          yield { key, sizeBytes, modifiedAt: timeOf(LastModified) };
        }
      }
    },

    async head(key) {
      try {
        const { ContentLength, LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key: key }));
        return { key, sizeBytes: answered('a length', ContentLength), modifiedAt: timeOf(LastModified) };
      } catch (error) {
        if (meansAbsent(error)) return undefined;
        throw sourceFault(error, options);
      }
    },

    async open(key, signal) {
      try {
        const body = await openBody(client, { Bucket, Key: key }, { signal });
        return body && chunksOf(body, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (meansAbsent(error) || nameOf(error) === 'InvalidObjectState') return undefined;
        throw sourceFault(error, options);
      }
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

/** Lists of some stores have milliseconds, which no header has. An image's id depends on its time. */
const timeOf = (modified: Date | undefined): Date =>
  new Date(Math.floor(answered('a time', modified).getTime() / 1_000) * 1_000);

/** Stores encode a space as `+` or as `%20`, and a plus always. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));

function sourceFault(error: unknown, where: SourceBucketOptions): unknown {
  if (!(error instanceof Error)) return error;
  const fault = s3Fault(error);
  const cause = error instanceof AppError && error.cause instanceof Error ? error.cause : error;
  const detail = fault instanceof AppError ? fault.detail : error.message;
  const sentence = diagnoseElsewhere(cause, where, SETTINGS) ?? detail;
  return new AppError('unavailable', `The bucket ${where.bucket} can't be read: ${sentence}`, { cause });
}
