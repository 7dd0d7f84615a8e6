import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../domain/errors.ts';
import type { ByteRange } from '../object-store.ts';
import { answered, onS3, s3Fault } from './s3-fault.ts';

/** A connection that is cut this often within one body has a permanent cause. */
const MAX_CUTS = 3;

/** A cut after this many bytes starts a new count: a slow reader's idle connection is closed again and again. */
const PROGRESS_BYTES = 65_536;

export interface OpenedBody {
  /** The size of the whole object. */
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly entityTag: string;
  /** The bytes until the end; after a cut connection it resumes with the same object. */
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** Closes the connection, whether or not `chunks` were consumed. */
  close(): void;
}

interface Where {
  readonly Bucket: string;
  readonly Key: string;
}

export interface OpenBodyOptions {
  /** Absent: the whole object. */
  readonly range?: ByteRange | undefined;
  /** Null or absent: any object. */
  readonly ifMatch?: string | null | undefined;
  /** Ends `chunks` with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Undefined if the object has another entity tag than requested, which S3 answers by `PreconditionFailed`. */
export async function openBody(
  client: S3Client,
  object: Where,
  { range, ifMatch, signal }: OpenBodyOptions,
): Promise<OpenedBody | undefined> {
  const start = range?.start ?? 0;
  const closing = new AbortController();
  const abortSignal = signal ? AbortSignal.any([closing.signal, signal]) : closing.signal;
  const condition = typeof ifMatch === 'string' && { IfMatch: ifMatch };
  const asked = new GetObjectCommand({ ...object, ...rangeHeader(start, range?.end), ...condition });
  const first = await client.send(asked, { abortSignal });
  const sizeBytes = totalOf(first);
  const entityTag = answered('an ETag', first.ETag);
  if (typeof ifMatch === 'string' && entityTag !== ifMatch) {
    closing.abort(); // a store that ignores conditions
    return undefined;
  }
  const end = Math.min(range?.end ?? sizeBytes, sizeBytes - 1);
  return {
    sizeBytes,
    contentType: first.ContentType ?? 'application/octet-stream',
    entityTag,
    chunks: chunksOf(client, { ...object, IfMatch: entityTag }, { first, start, end, abortSignal, signal }),
    close: () => closing.abort(),
  };
}

async function* chunksOf(
  client: S3Client,
  object: Where & { readonly IfMatch: string },
  {
    first,
    start,
    end,
    abortSignal,
    signal,
  }: Pick<OpenBodyOptions, 'signal'> & {
    first: GetObjectCommandOutput;
    start: number;
    end: number;
    abortSignal: AbortSignal;
  },
): AsyncGenerator<Uint8Array> {
  let at = start;
  let answer = first;
  for (let cuts = 0, beganAt = start; ; beganAt = at) {
    requireStart(answer, at);
    let cause: unknown;
    try {
      for await (const chunk of bodyOf(answer)) {
        at += chunk.byteLength;
        yield chunk;
      }
      if (at > end) return;
    } catch (error) {
      cause = error;
    }
    signal?.throwIfAborted();
    if (abortSignal.aborted) return;
    cuts = at - beganAt < PROGRESS_BYTES ? cuts + 1 : 1;
    if (cuts > MAX_CUTS) {
      throw cause ? s3Fault(cause) : new AppError('unavailable', `expected bytes up to ${end}; got up to ${at - 1}`);
    }
    const rest = new GetObjectCommand({ ...object, ...rangeHeader(at, end) });
    answer = await onS3(client.send(rest, { abortSignal }));
    requireTag(answer, object.IfMatch);
  }
}

/** A store that ignores ranges would return other bytes than requested. */
function requireStart({ ContentRange }: GetObjectCommandOutput, start: number): void {
  const got = ContentRange === undefined ? 0 : Number(/^bytes (\d+)-/.exec(ContentRange)?.[1]);
  if (got !== start) throw new AppError('unavailable', `expected bytes from ${start}; got ${ContentRange ?? 'all'}`);
}

/** A store that ignores conditions would resume with another object's bytes. */
function requireTag({ ETag }: GetObjectCommandOutput, entityTag: string): void {
  if (ETag !== entityTag)
    throw new AppError('unavailable', `expected the rest of ${entityTag}; got ${ETag ?? 'no ETag'}`);
}

/** Node's own stream: the SDK returns no other kind here. */
const bodyOf = ({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> => {
  if (Body && Symbol.asyncIterator in Body) return Body as AsyncIterable<Uint8Array>;
  throw new TypeError('expected a body that is a stream');
};

const rangeHeader = (start: number, end?: number): { Range?: string } =>
  start === 0 && end === undefined ? {} : { Range: `bytes=${start}-${end ?? ''}` };

const totalOf = ({ ContentRange, ContentLength = 0 }: GetObjectCommandOutput): number =>
  ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
