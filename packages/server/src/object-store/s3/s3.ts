import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type _Object as ListedByS3,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandOutput,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { MultipartUploads } from '../multipart.ts';
import type { ListedObject, ObjectAttributes, ObjectHead, ObjectStore } from '../object-store.ts';
import { hashFile } from '../staging/file-hash.ts';
import type { LocalFile, MadeFile, Staging } from '../staging.ts';
import { repeated } from './attempts.ts';
import { type OpenedBody, openBody } from './body.ts';
import { type Capability, isConditional } from './capabilities.ts';
import { type S3Clients, WHILE_BYTES_FLOW } from './client.ts';
import { deleteObjects, eraseObjects } from './delete.ts';
import { diagnose } from './diagnosis.ts';
import { putStream } from './put-stream.ts';
import { answered, nameOf, onS3, s3Fault, unlessAbsent } from './s3-fault.ts';

/**
 * Objects in a bucket of S3 or a compatible store. Keys are used unchanged (domain/image/object-key.ts). Bytes are
 * streamed; callers that need a file get a staged one. The store copies objects itself.
 */
export interface S3ObjectStoreOptions extends S3Clients {
  readonly multipart: MultipartUploads;
  readonly bucket: string;
  readonly region: string;
  /** The service's address of the store; null: Amazon's of the region. */
  readonly endpoint: string | null;
  readonly lacks: readonly Capability[];
  /** Deletes then remove every version. */
  readonly isVersioned: boolean;
  /** Receives the objects that are checked out. */
  readonly staging: Pick<Staging, 'stage'>;
}

export function createS3ObjectStore(options: S3ObjectStoreOptions): ObjectStore {
  const { client, onceClient, whileAtWork, multipart, bucket, region, endpoint, lacks, isVersioned, staging } = options;
  const at = (key: ObjectKey) => ({ Bucket: bucket, Key: key });
  const isAble = (capability: Capability) => !lacks.includes(capability);
  const conditionalWrites = isConditional({ lacks, isVersioned });

  /**
   * Bytes in memory are also sent as a stream: the SDK can't repeat one, else it would try again within each of our own
   * attempts.
   */
  async function put(
    key: ObjectKey,
    file: LocalFile | MadeFile,
    { contentType, isFirst }: PutOptions,
  ): Promise<PutObjectCommandOutput> {
    const sha256 = await hashOf(file);
    return repeated(async () => {
      const body = file.path === null ? Readable.from([file.bytes]) : createReadStream(file.path);
      body.on('error', () => undefined); // it may fail before the SDK listens, or after
      try {
        return await client.send(
          new PutObjectCommand({
            ...at(key),
            Body: body,
            ContentLength: file.sizeBytes,
            ContentType: contentType,
            ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
            ...(isFirst && { IfNoneMatch: '*' }),
          }),
          WHILE_BYTES_FLOW,
        );
      } finally {
        body.destroy();
      }
    });
  }

  async function head(key: ObjectKey): Promise<ObjectHead | undefined> {
    const answer = await unlessAbsent(client.send(new HeadObjectCommand(at(key))));
    return (
      answer && {
        sizeBytes: answer.ContentLength ?? 0,
        contentType: answer.ContentType ?? 'application/octet-stream',
        entityTag: answered('an ETag', answer.ETag),
      }
    );
  }

  /** The answer to a HEAD has no body with an error code. */
  async function explain(): Promise<void> {
    try {
      await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'incoming/', MaxKeys: 1 }));
    } catch (error) {
      const sentence = diagnose(error, { bucket, region, endpoint });
      throw sentence === undefined ? s3Fault(error) : new AppError('unavailable', sentence, { cause: error });
    }
  }

  return {
    bucket,

    async check() {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket })); // a twelfth of the price of a list or a write
      } catch {
        await explain();
      }
    },

    async put(key, file, { contentType }) {
      const { ETag } = await onS3(put(key, file, { contentType, isFirst: false }));
      return strong(answered('an ETag', ETag));
    },

    async putFirst(key, file, { contentType }) {
      if (!conditionalWrites && (await head(key))) return undefined;
      try {
        const { ETag } = await put(key, file, { contentType, isFirst: conditionalWrites });
        return answered('an ETag', ETag);
      } catch (error) {
        if (nameOf(error) === 'PreconditionFailed') return undefined;
        throw s3Fault(error);
      }
    },

    putStream: (key, body, about) => putStream(options, at(key), body, about),

    async get(key, { range, ifMatch } = {}) {
      const opened = await unlessAbsent(openBody(client, at(key), { range, ifMatch }));
      return (
        opened && {
          sizeBytes: opened.sizeBytes,
          contentType: opened.contentType,
          entityTag: opened.entityTag,
          body: streamOf(opened),
        }
      );
    },

    head,

    async copy(from, newKey, { contentType, ifMatch, sizeBytes = 0 }) {
      const attempt = async (): Promise<ObjectKey> => {
        const to = newKey();
        await onceClient.send(
          // the SDK would repeat a copy to the same key

          new CopyObjectCommand({
            ...at(to),
            CopySource: `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
            ContentType: contentType,
            MetadataDirective: 'REPLACE',
            ...(isAble('tagging') && { TaggingDirective: 'REPLACE' as const }),
            ...(isAble('conditional-copies') && { CopySourceIfMatch: ifMatch, IfNoneMatch: '*' }),
          }),
          whileAtWork(sizeBytes),
        );
        return to;
      };
      return unlessAbsent(repeated(attempt));
    },

    async checkOut(key, { maxBytes, ifMatch, signal }) {
      let opened: OpenedBody | undefined;
      try {
        opened = await unlessAbsent(openBody(client, at(key), { ifMatch, signal }));
        if (!opened) return undefined;
        const limits = {
          maxBytes,
          leaving: 'half-reserve',
          announcedBytes: Math.min(opened.sizeBytes, maxBytes),
        } as const;
        return { ...(await staging.stage(opened.chunks, limits)), entityTag: strong(opened.entityTag) };
      } catch (error) {
        signal?.throwIfAborted(); // the SDK's error lacks the reason
        throw error;
      } finally {
        opened?.close();
      }
    },

    delete: (keys) => deleteObjects({ client, bucket, isVersioned }, keys),

    async erase(prefix) {
      for await (const upload of multipart.list(prefix)) await multipart.abort(upload); // first: it could be completed
      return eraseObjects({ client, bucket }, prefix, { mayHaveVersions: isAble('versioning') });
    },

    async listPage(Prefix, { after, limit }) {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, StartAfter: after, MaxKeys: limit });
      const { Contents = [], IsTruncated } = await onS3(client.send(command));
      const objects = Contents.flatMap(listed);
      return { objects, next: (IsTruncated && objects.at(-1)?.key) || null };
    },

    async *list(prefix) {
      try {
        for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
          for (const one of page.Contents ?? []) yield* listed(one);
        }
      } catch (error) {
        throw s3Fault(error);
      }
    },
  };
}

const listed = ({ Key, LastModified, Size }: ListedByS3): ListedObject[] => {
  if (Key === undefined) return [];
  const details = { storedAt: answered('LastModified', LastModified), sizeBytes: answered('Size', Size) };
  return [{ key: Key as ObjectKey, details: async () => details }];
};

/** A weak tag counts as none: If-Match never matches it (RFC 9110 13.1.1). */
const strong = (entityTag: string): string | null => (entityTag.startsWith('W/') ? null : entityTag);

/** Cancelling before the first chunk also closes the connection: an unstarted generator runs no cleanup. */
const streamOf = ({ chunks, close }: OpenedBody): ReadableStream<Uint8Array> =>
  new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        close();
        await chunks.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );

/** Lower-case hex: the store refuses other bytes. */
async function hashOf(file: LocalFile | MadeFile): Promise<string> {
  if ('sha256' in file) return file.sha256;
  if (file.path === null) return hash('sha256', file.bytes);
  if (file.bytes) return hash('sha256', file.bytes);
  await using handle = await open(file.path);
  return await hashFile(handle.fd); // before it is closed
}

interface PutOptions extends ObjectAttributes {
  /** Only if the key is free. */
  readonly isFirst: boolean;
}
