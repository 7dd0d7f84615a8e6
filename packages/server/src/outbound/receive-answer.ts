import type { Dispatcher } from 'undici';
import { OutboundError } from './outbound-error.ts';

export interface OutboundAnswer {
  /** Never a redirect. */
  readonly status: number;
  /** By names in lower case. Several of one name are joined by `, ` (RFC 9110 5.2). */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Names and values of one answer, without its trailers, which count anew. */
export const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;

/** Answers before the answer, such as 103: each begins the count of header bytes anew. */
const MAX_INTERIMS = 10;

/**
 * An option of undici's request: its parser ends the process if a peer closes a connection while it is paused, in all
 * versions 7 (undici#5360). What waits is bounded by the limits of the body, and by how fast it is read.
 */
export const NEVER_PAUSED = Number.MAX_SAFE_INTEGER;

/** An option of undici's request. */
export function countInterims(origin: string): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count > MAX_INTERIMS) throw tooLarge(origin, `at most ${MAX_INTERIMS} answers with a 1xx status`, 'more');
  };
}

export interface ReceiveOptions {
  readonly origin: string;
  readonly maxAnswerBytes: number;
  readonly largerAnswer: 'error' | 'cut';
}

/** The whole answer, or its beginning. Errors: `OutboundError`; then nothing more of it is received. */
export async function receiveAnswer(
  { statusCode: status, headers: given, body }: Dispatcher.ResponseData,
  options: ReceiveOptions,
): Promise<OutboundAnswer> {
  const { origin, maxAnswerBytes, largerAnswer } = options;
  try {
    const headers = headersIn(given as unknown as readonly string[], origin);
    if (status >= 300 && status < 400)
      throw new OutboundError('redirect', `expected an answer from ${origin}; got a redirect (${status})`);
    requireUncompressed(headers, origin);
    const length = headers.get('content-length');
    if (largerAnswer === 'error' && Number(length) > maxAnswerBytes)
      throw tooLarge(origin, `at most ${maxAnswerBytes} bytes`, length);
    return { status, headers, body: await bytesOf(body, options) };
  } catch (error) {
    body.on('error', () => undefined).destroy();
    throw error;
  }
}

/** Errors: `compressed`. */
export function requireUncompressed(headers: ReadonlyMap<string, string>, origin: string): void {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw new OutboundError('compressed', `expected an answer without compression from ${origin}; got ${encoding}`);
}

/** `raw`: names and values in turns. */
export function headersIn(raw: readonly string[], origin: string): ReadonlyMap<string, string> {
  if (raw.length > 2 * MAX_HEADERS) throw tooLarge(origin, `at most ${MAX_HEADERS} headers`, `${raw.length / 2}`);
  const headers = new Map<string, string>();
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at]?.toLowerCase(), raw[at + 1]];
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** Copies each chunk: a chunk of one byte may keep the 64 KB alive that it arrived in. */
async function bytesOf(
  body: AsyncIterable<Buffer>,
  { origin, maxAnswerBytes, largerAnswer }: ReceiveOptions,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(maxAnswerBytes);
  let sizeBytes = 0;
  for await (const chunk of body) {
    const isLarger = sizeBytes + chunk.length > maxAnswerBytes;
    if (isLarger && largerAnswer === 'error') throw tooLarge(origin, `at most ${maxAnswerBytes} bytes`, 'more');
    sizeBytes += chunk.copy(bytes, sizeBytes);
    if (isLarger) break; // which closes the connection
  }
  return bytes.subarray(0, sizeBytes);
}

export const tooLarge = (origin: string, expected: string, got = 'more'): OutboundError =>
  new OutboundError('too-large', `expected ${expected} from ${origin}; got ${got}`);
