import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../domain/errors.ts';
import type { ObjectKey } from '../domain/object-key.ts';
import { createStaging } from './disk-staging.ts';
import type { LocalFile, ObjectStore } from './object-store.ts';
import { presignGetObject, presignPostObject, presignPutObject } from './presigned-object.ts';
import { type BucketAddressOptions, createBucketAddress } from './s3-address.ts';
import { openBody } from './s3-body.ts';
import type { Capability } from './s3-capabilities.ts';
import { deleteObjects } from './s3-delete.ts';
import { diagnose } from './s3-diagnosis.ts';
import { meansAbsent, s3Fault, unlessAbsent } from './s3-fault.ts';
import { createSigners } from './s3-signers.ts';

/**
 * Objects in a bucket of S3 or of a store that speaks its language. Keys are ours (domain/object-key.ts), as they are. Bytes
 * are read and written as streams; what needs a file gets one in a temporary folder. Amazon's servers copy, ours never do.
 */
export interface S3ObjectStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly region: string;
  /** Where the service reaches it; null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** Where clients reach the store, which may be by another name than ours. */
  readonly publicAddress: Pick<BucketAddressOptions, 'endpoint' | 'isPathStyle'>;
  readonly lacks: readonly Capability[];
  /** Deletes then remove every version. */
  readonly isVersioned: boolean;
  readonly clock: { now(): Date };
}

export interface S3ObjectStore extends ObjectStore, AsyncDisposable {}

/** A put's body is a stream that can't be sent twice: it is opened anew for each attempt. */
const PUT_ATTEMPTS = 3;

export async function createS3ObjectStore(options: S3ObjectStoreOptions): Promise<S3ObjectStore> {
  const { client, bucket, region, endpoint, publicAddress, lacks, isVersioned, clock } = options;
  const folder = await mkdtemp(join(tmpdir(), 'safelight-staged-'));
  const staging = createStaging(join(folder, 'files'), () => undefined);
  const signers = createSigners({ client, region, clock });
  const { address, formUrl } = createBucketAddress({ bucket, region, ...publicAddress });
  const at = (key: ObjectKey) => ({ Bucket: bucket, Key: key });
  const isAble = (capability: Capability) => !lacks.includes(capability);

  async function put(key: ObjectKey, file: LocalFile, contentType: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const body = createReadStream(file.path);
      try {
        await client.send(
          new PutObjectCommand({
            ...at(key),
            Body: body,
            ContentLength: file.sizeBytes,
            ContentType: contentType,
            ChecksumSHA256: Buffer.from(file.sha256, 'hex').toString('base64'),
          }),
        );
        return;
      } catch (error) {
        if (attempt === PUT_ATTEMPTS || !isPassing(error)) throw s3Fault(error);
      } finally {
        body.destroy();
      }
    }
  }

  return {
    bucket,
    expiresIncoming: isAble('lifecycle'),
    capabilities: {
      conditionalWrites: isAble('conditional-writes'),
      checksums: isAble('checksums'),
      postPolicy: isAble('post-policy'),
    },
    stage: staging.stage,

    async check() {
      try {
        await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'incoming/', MaxKeys: 1 }));
      } catch (error) {
        const sentence = diagnose(error, { bucket, region, endpoint });
        throw sentence === undefined ? s3Fault(error) : new AppError('unavailable', sentence, { cause: error });
      }
    },

    put: (key, file, { contentType }) => put(key, file, contentType),

    async get(key, range) {
      const opened = await unlessAbsent(openBody(client, at(key), range));
      return (
        opened && {
          sizeBytes: opened.sizeBytes,
          contentType: opened.contentType,
          body: ReadableStream.from(opened.chunks),
        }
      );
    },

    async head(key) {
      const head = await unlessAbsent(client.send(new HeadObjectCommand(at(key))));
      return (
        head && { sizeBytes: head.ContentLength ?? 0, contentType: head.ContentType ?? 'application/octet-stream' }
      );
    },

    async copy(from, to, { contentType }) {
      const copied = await unlessAbsent(
        client.send(
          new CopyObjectCommand({
            ...at(to),
            CopySource: `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`,
            ContentType: contentType,
            MetadataDirective: 'REPLACE',
            TaggingDirective: 'REPLACE',
          }),
        ),
      );
      return copied !== undefined;
    },

    async checkOut(key, { maxBytes }) {
      const opened = await unlessAbsent(openBody(client, at(key)));
      if (!opened) return undefined;
      return staging.stage(opened.chunks, { maxBytes });
    },

    delete: (keys) => deleteObjects({ client, bucket, isVersioned }, keys),

    async *list(prefix) {
      try {
        for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
          for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key as ObjectKey;
        }
      } catch (error) {
        throw s3Fault(error);
      }
    },

    async presignPut(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked.expiresInSeconds);
      const isOnce = asked.sha256 !== undefined && isAble('conditional-writes');
      const sha256 = isAble('checksums') ? asked.sha256 : undefined;
      return presignPutObject({ signer, address: address(key), now }, { ...asked, expiresInSeconds, sha256, isOnce });
    },

    async presignPost(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked.expiresInSeconds);
      return presignPostObject({ signer, url: formUrl, bucket, key, now }, { ...asked, expiresInSeconds });
    },

    async presignGet(key, asked) {
      const { signer, now, expiresInSeconds } = await signers.until(asked.expiresInSeconds);
      return presignGetObject({ signer, address: address(key), now }, { ...asked, expiresInSeconds });
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Faults that another attempt may not meet: no answer, or one of the store's own. */
const isPassing = (error: unknown): boolean => {
  if (meansAbsent(error) || error instanceof AppError || !(error instanceof Error)) return false;
  const status = '$metadata' in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status === undefined || status >= 500 || status === 429;
};
