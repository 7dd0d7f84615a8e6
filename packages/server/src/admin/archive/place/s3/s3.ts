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
import { openBody } from '../../../../object-store/s3/body.ts';
import { createS3Client, type S3Timeouts, WHILE_BYTES_FLOW } from '../../../../object-store/s3/client.ts';
import { deleteObjects } from '../../../../object-store/s3/delete.ts';
import { answered, meansAbsent, nameOf } from '../../../../object-store/s3/s3-fault.ts';
import type { Credentials } from '../../../../object-store/signing/sigv4.ts';
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
  readonly timeouts?: S3Timeouts;
}

/**
 * Over TLS nothing tells that the bytes of a part flow until all of it is sent: each of twelve at once has five minutes
 * for its 8 MiB, so an uplink of 3 Mbit/s is enough.
 */
const TIMEOUTS: S3Timeouts = { connectMs: 3_000, answerMs: 15_000, idleMs: 300_000 };

/**
 * A bucket, or a prefix of it, as a target. Deletes leave the versions of a versioned bucket to its lifecycle. Errors:
 * `unavailable`.
 */
export async function openS3Target(options: S3TargetOptions): Promise<Target> {
  const { name, bucket, prefix } = options;
  const client = await createS3Client({ timeouts: TIMEOUTS, ...options, isPathStyle: options.endpoint !== null });
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

  /** The file is read to know whose write was last: an answer may be lost, and a store may ignore conditions. */
  async function putIf(path: TargetPath, text: string, condition: Condition): Promise<PutOutcome> {
    const Body = Buffer.from(text);
    let refusal: Exclude<PutOutcome, 'written'> = 'overtaken';
    try {
      await client.send(new PutObjectCommand({ ...at(path), Body, ContentMD5: md5Of(Body), ...condition }));
    } catch (error) {
      const isConflict = nameOf(error) === 'ConditionalRequestConflict';
      if (!isConflict && !meansAbsent(error)) throw await onTarget(Promise.reject(error));
      if (!isConflict) refusal = 'refused';
    }
    return (await readTagged(path))?.text === text ? 'written' : refusal;
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
      const command = new PutObjectCommand({ ...at(path), Body, ContentMD5: md5Of(Body) });
      await onTarget(client.send(command, WHILE_BYTES_FLOW));
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

    create: async (path, text) => (await putIf(path, text, { IfNoneMatch: '*' })) === 'written',

    async replace(path, from, to) {
      for (const conditionFor of CONDITIONS) {
        const current = await readTagged(path);
        if (current?.text !== from) return false;
        const outcome = await putIf(path, to, conditionFor(current.tag));
        if (outcome !== 'refused') return outcome === 'written';
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
      const { ETag } = await onTarget(client.send(command, WHILE_BYTES_FLOW));
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

type Condition = { readonly IfNoneMatch?: '*'; readonly IfMatch?: string };

/** `refused`: the condition doesn't hold, says the store. `overtaken`: another write was under way, or came later. */
type PutOutcome = 'written' | 'refused' | 'overtaken';

/**
 * Ceph 16 compares the tag without its quotes, and refuses the quoted one; in a versioned bucket it refuses both.
 * Without a condition the file may have changed since it was read, some milliseconds before.
 */
const CONDITIONS: readonly ((tag: string) => Condition)[] = [
  (tag) => ({ IfMatch: tag }),
  (tag) => ({ IfMatch: tag.replaceAll('"', '') }),
  () => ({}),
];

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
