import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { openBody } from '../../../object-store/s3/body.ts';
import { createS3Client } from '../../../object-store/s3/client.ts';
import { deleteObjects } from '../../../object-store/s3/delete.ts';
import { answered, meansAbsent, nameOf } from '../../../object-store/s3/s3-fault.ts';
import type { Credentials } from '../../../object-store/signing/sigv4.ts';
import { requirePath, type Target, type TargetPath } from '../target.ts';
import { createBucketFaults } from './bucket-fault.ts';
import { inParts, type Part } from './parts.ts';

export interface S3TargetOptions {
  /** As the operator named it. */
  readonly name: string;
  readonly bucket: string;
  /** '', or ends in `/`. */
  readonly prefix: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** null: the SDK's provider chain. */
  readonly credentials: Credentials | null;
  readonly caBundle: string | null;
}

/** A bucket, or a prefix of it, as a target. Deletes leave the versions of a versioned bucket to its lifecycle. Errors: `unavailable`. */
export async function openS3Target(options: S3TargetOptions): Promise<Target> {
  const { name, bucket, prefix } = options;
  const client = await createS3Client({ ...options, isPathStyle: options.endpoint !== null });
  const { onTarget } = createBucketFaults(options);

  const at = (path: TargetPath) => {
    requirePath(path);
    return { Bucket: bucket, Key: `${prefix}${path}` };
  };

  const get = async (path: TargetPath, closing?: AbortSignal) =>
    unlessAbsent(onTarget(openBody(client, at(path), { signal: closing })));

  async function readTagged(path: TargetPath): Promise<{ readonly text: string; readonly tag: string } | undefined> {
    const body = await get(path);
    if (!body) return undefined;
    const chunks = await onTarget(Array.fromAsync(body.chunks));
    return { text: Buffer.concat(chunks).toString('utf8'), tag: body.entityTag };
  }

  /** Whether the write was ours: an answer may be lost, and a store may ignore conditions. */
  async function putIf(path: TargetPath, text: string, condition: Condition): Promise<boolean> {
    const Body = Buffer.from(text);
    try {
      await client.send(new PutObjectCommand({ ...at(path), Body, ContentMD5: md5Of(Body), ...condition }));
    } catch (error) {
      if (!['PreconditionFailed', 'ConditionalRequestConflict'].includes(nameOf(error)) && !meansAbsent(error))
        throw await onTarget(Promise.reject(error));
    }
    return (await readTagged(path))?.text === text;
  }

  return {
    name,

    async sizeOf(path) {
      const head = await unlessAbsent(onTarget(client.send(new HeadObjectCommand(at(path)))));
      return head && answered('a length', head.ContentLength);
    },

    async put(path, source) {
      const parts = inParts(source);
      const first = (await parts.next()).value ?? EMPTY;
      if (!first.isLast) return putInParts(path, first, parts);
      const Body = first.bytes;
      await onTarget(client.send(new PutObjectCommand({ ...at(path), Body, ContentMD5: md5Of(Body) })));
    },

    async get(path) {
      const body = await get(path);
      if (!body) return undefined;
      const stream = Readable.from(onEach(body.chunks), { objectMode: false });
      return stream.once('close', () => body.close());
    },

    async *list(within) {
      const Prefix = `${prefix}${within}`;
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await onTarget(pages.next());
        if (done) return;
        for (const { Key = '', Size = 0 } of value.Contents ?? []) {
          if (!Key.endsWith('/')) yield { path: Key.slice(prefix.length), sizeBytes: Size }; // consoles make `folders`
        }
      }
    },

    delete: (paths) =>
      onTarget(
        deleteObjects(
          { client, bucket, isVersioned: false },
          paths.map((path) => at(path).Key),
        ),
      ),

    create: (path, text) => putIf(path, text, { IfNoneMatch: '*' }),

    async replace(path, from, to) {
      // Ceph 16 compares the tag without its quotes, and refuses the quoted one.
      for (const written of [(tag: string) => tag, (tag: string) => tag.replaceAll('"', '')]) {
        const current = await readTagged(path);
        if (current?.text !== from) return false;
        if (await putIf(path, to, { IfMatch: written(current.tag) })) return true;
      }
      return false;
    },

    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };

  async function putInParts(path: TargetPath, first: Part, rest: AsyncIterable<Part>): Promise<void> {
    const { UploadId } = await onTarget(client.send(new CreateMultipartUploadCommand(at(path))));
    const upload = { ...at(path), UploadId };
    const Parts: { PartNumber: number; ETag: string }[] = [];
    const send = async ({ bytes: Body }: Part): Promise<void> => {
      const PartNumber = Parts.length + 1;
      const command = new UploadPartCommand({ ...upload, PartNumber, Body, ContentMD5: md5Of(Body) });
      const { ETag } = await onTarget(client.send(command));
      Parts.push({ PartNumber, ETag: answered('an ETag', ETag) });
    };
    try {
      await send(first);
      for await (const part of rest) await send(part);
      await onTarget(client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })));
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined); // the target may be away
      throw error;
    }
  }

  async function* onEach(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { done, value } = await onTarget(chunks.next());
      if (done) return;
      yield value;
    }
  }
}

type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string };

const EMPTY: Part = { bytes: Buffer.alloc(0), isLast: true };

/** What every store compares. */
const md5Of = (bytes: Uint8Array): string => hash('md5', bytes, 'base64');

async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && meansAbsent(error.cause)) return undefined;
    throw error;
  }
}
