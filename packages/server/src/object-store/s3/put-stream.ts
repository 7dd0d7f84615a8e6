import { hash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import { MAX_PARTS } from '../../domain/image/image.ts';
import type { PutStreamOptions } from '../object-store.ts';
import { repeated } from './attempts.ts';
import { type S3Clients, WHILE_BYTES_FLOW } from './client.ts';
import { completeParts } from './multipart.ts';
import { answered, onS3, unlessAbsent } from './s3-fault.ts';

const MIB = 1_048_576;
/** Held in memory, one at a time. S3 takes no smaller part than 5 MiB, and R2 wants all to be of one size. */
const PART_BYTES = 16 * MIB;
/** Enough for 640 GB. */
const UNKNOWN_PART_BYTES = 64 * MIB;

interface Where {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Stores a body of unknown length: in one request if it fits into a part, else in parts, which become an object when
 * all are there.
 */
export async function putStream(
  clients: S3Clients,
  at: Where,
  body: AsyncIterable<Uint8Array>,
  { contentType, expectedBytes }: PutStreamOptions,
): Promise<number> {
  const { client } = clients;
  const parts = partsOf(body, partBytesFor(expectedBytes));
  const first = (await parts.next()).value ?? Buffer.alloc(0);
  const second = await parts.next();
  if (second.done) {
    await onS3(
      repeated(() =>
        client.send(
          new PutObjectCommand({ ...at, Body: first, ContentType: contentType, ContentMD5: md5Of(first) }),
          WHILE_BYTES_FLOW,
        ),
      ),
    );
    return first.length;
  }
  const { UploadId } = await onS3(client.send(new CreateMultipartUploadCommand({ ...at, ContentType: contentType })));
  const upload = { ...at, UploadId: answered('an UploadId', UploadId) };
  const sent: CompletedPart[] = [];
  let sizeBytes = 0;
  const send = async (bytes: Buffer): Promise<void> => {
    const PartNumber = sent.length + 1;
    const part = { ...upload, PartNumber, Body: bytes, ContentMD5: md5Of(bytes) };
    const { ETag } = await onS3(repeated(() => client.send(new UploadPartCommand(part), WHILE_BYTES_FLOW)));
    sent.push({ PartNumber, ETag: answered('an ETag', ETag) });
    sizeBytes += bytes.length;
  };
  try {
    await send(first);
    await send(second.value);
    for await (const bytes of parts) await send(bytes);
    await complete(clients, { at, UploadId: upload.UploadId, parts: sent, sizeBytes });
    return sizeBytes;
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined); // the bucket's rule removes it
    throw error;
  }
}

interface Sent {
  readonly at: Where;
  readonly UploadId: string;
  readonly parts: readonly CompletedPart[];
  readonly sizeBytes: number;
}

/** Nobody else knows the upload, so an absent one was completed by a request whose answer was lost. */
async function complete(clients: S3Clients, { at, UploadId, parts, sizeBytes }: Sent): Promise<void> {
  const outcome = await onS3(completeParts(clients, { ...at, UploadId }, { parts, sizeBytes }));
  if (outcome === 'completed') return;
  const stored = await unlessAbsent(clients.client.send(new HeadObjectCommand(at)));
  if (stored?.ContentLength !== sizeBytes)
    throw new AppError('unavailable', 'expected the store to put the parts together; got NoSuchUpload');
}

/** A tenth more than expected fits into 10,000 parts. */
function partBytesFor(expectedBytes: number | null): number {
  if (expectedBytes === null) return UNKNOWN_PART_BYTES;
  const needed = Math.ceil((expectedBytes * 1.1) / MAX_PARTS / MIB) * MIB;
  return Math.max(PART_BYTES, needed);
}

/** Parts of exactly so many bytes, the last one excepted. */
async function* partsOf(body: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of body) {
    let rest = chunk;
    while (heldBytes + rest.length >= partBytes) {
      const end = partBytes - heldBytes;
      const part = Buffer.concat([...held, rest.subarray(0, end)]);
      [held, heldBytes, rest] = [[], 0, rest.subarray(end)];
      yield part;
    }
    if (rest.length === 0) continue;
    held.push(rest);
    heldBytes += rest.length;
  }
  if (heldBytes > 0) yield Buffer.concat(held);
}

/** Other bytes are refused. The only checksum that all stores know. */
const md5Of = (bytes: Uint8Array): string => hash('md5', bytes, 'base64');
