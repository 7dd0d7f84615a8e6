import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../domain/errors.ts';
import type { ByteRange } from './object-store.ts';
import { onS3, s3Fault } from './s3-fault.ts';

/** A connection that is cut this often in one body is no accident. */
const MAX_CUTS = 3;

export interface OpenedBody {
  /** Of the whole object. */
  readonly sizeBytes: number;
  readonly contentType: string;
  /** Bytes until the end; where the connection is cut it goes on from there, of the same object. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

export async function openBody(
  client: S3Client,
  object: { readonly Bucket: string; readonly Key: string },
  range?: ByteRange,
): Promise<OpenedBody> {
  const first = await client.send(new GetObjectCommand({ ...object, ...rangeHeader(range?.start ?? 0, range?.end) }));
  const start = range?.start ?? 0;
  const sizeBytes = totalOf(first);
  const end = Math.min(range?.end ?? sizeBytes, sizeBytes - 1);
  return {
    sizeBytes,
    contentType: first.ContentType ?? 'application/octet-stream',
    chunks: chunksOf(client, { ...object, IfMatch: first.ETag }, { first, start, end }),
  };
}

async function* chunksOf(
  client: S3Client,
  object: { readonly Bucket: string; readonly Key: string; readonly IfMatch: string | undefined },
  { first, start, end }: { first: GetObjectCommandOutput; start: number; end: number },
): AsyncGenerator<Uint8Array> {
  let at = start;
  let answer = first;
  for (let cuts = 0; ; cuts += 1) {
    try {
      for await (const chunk of bodyOf(answer)) {
        at += chunk.byteLength;
        yield chunk;
      }
      if (at > end) return;
    } catch (error) {
      if (cuts === MAX_CUTS) throw s3Fault(error);
    }
    if (cuts === MAX_CUTS) throw new AppError('unavailable', `expected ${end + 1 - start} bytes; came ${at - start}`);
    answer = await onS3(client.send(new GetObjectCommand({ ...object, ...rangeHeader(at, end) })));
  }
}

/** Node's own stream: the SDK answers no other here. */
const bodyOf = ({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> => {
  if (Body && Symbol.asyncIterator in Body) return Body as AsyncIterable<Uint8Array>;
  throw new TypeError('expected a body that is a stream');
};

const rangeHeader = (start: number, end?: number): { Range?: string } =>
  start === 0 && end === undefined ? {} : { Range: `bytes=${start}-${end ?? ''}` };

const totalOf = ({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput): number =>
  ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
