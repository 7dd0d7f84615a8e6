import { AppError } from '../../domain/errors.ts';
import { type ByteRange, parseRange } from '../../http-semantics/byte-range.ts';
import { isRangeCurrent, judgePreconditions, type Validators } from '../../http-semantics/preconditions.ts';
import { truncated } from '../../text/preview.ts';
import { header } from '../request/header.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { addHeaders, answer, answerComplete, completeHeaders } from './answer.ts';

/** Stored bytes are displayed, never executed: an image that is also a valid page stays an image. */
const BYTES_POLICY = "sandbox; default-src 'none'";

/** Bytes to serve, and their headers. */
export interface Servable {
  readonly sizeBytes: number;
  readonly validators: Validators;
  /** Complete headers of every answer, a 304 too. */
  readonly shared: AnswerHeaders;
  /** Complete headers of an answer with all of the bytes. */
  readonly whole: AnswerHeaders;
}

export function servable(bytes: {
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly validators: Validators;
  readonly headers: AnswerHeaders;
}): Servable {
  const { sizeBytes, contentType, validators } = bytes;
  const shared = completeHeaders({
    etag: validators.entityTag,
    ...(validators.lastModified && { 'last-modified': validators.lastModified.toUTCString() }),
    'content-security-policy': BYTES_POLICY,
    ...bytes.headers,
  });
  const described = { 'accept-ranges': 'bytes', 'content-type': contentType, 'content-length': String(sizeBytes) };
  return { sizeBytes, validators, shared, whole: { ...shared, ...described } };
}

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

export interface BytesSource {
  open(range?: ByteRange): Promise<Body>;
  /** Where the store answers itself. */
  readonly redirect?: () => Promise<Redirection>;
}

/** A URL of these bytes. */
export interface Redirection {
  readonly url: string;
  /** Headers of the redirect itself, with how long caches keep it. */
  readonly headers: AnswerHeaders;
}

/** A GET or HEAD of bytes, whole or a range of them (RFC 9110 13 and 14). */
export async function bytesAnswer(c: RouteContext, bytes: Servable, source: BytesSource): Promise<Response> {
  const { sizeBytes, validators, shared, whole } = bytes;
  const headerOf = (name: Lowercase<string>) => header(c, name);
  const verdict = judgePreconditions(headerOf, validators);
  if (verdict === 'not-modified') return answerComplete(c, null, 304, shared);
  if (verdict === 'failed' && !source.redirect)
    // the store has its own ETags
    throw new AppError(
      'revision-conflict',
      'expected the bytes that If-Match or If-Unmodified-Since describes; got other bytes',
    );

  if (c.req.method === 'HEAD') return answerComplete(c, null, 200, whole); // ranges apply to GET only (RFC 9110 14.2)

  if (source.redirect) {
    const { url, headers } = await source.redirect();
    return answer(c, null, 302, { location: url, ...headers });
  }
  const range = isRangeCurrent(headerOf, validators) ? parseRange(headerOf('range'), sizeBytes) : undefined;
  if (range === 'unsatisfiable') {
    addHeaders(c, { 'content-range': `bytes */${sizeBytes}` });
    throw new AppError(
      'range-not-satisfiable',
      `expected a range within ${sizeBytes} bytes; got ${truncated(headerOf('range') ?? '')}`,
      { params: { size_bytes: sizeBytes } },
    );
  }
  const body = await source.open(range);
  return range
    ? answerComplete(c, body, 206, { ...whole, ...partOf(sizeBytes, range) })
    : answerComplete(c, body, 200, whole);
}

const partOf = (sizeBytes: number, { start, end }: ByteRange): AnswerHeaders => ({
  'content-length': String(end - start + 1),
  'content-range': `bytes ${start}-${end}/${sizeBytes}`,
});
