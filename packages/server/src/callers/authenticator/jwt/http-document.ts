import { once } from 'node:events';
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { Tracing } from '../../../observe/observer/tracing.ts';
import { lookup } from '../../../outbound/process-names.ts';

/** A JWKS has a few KB. */
export const MAX_DOCUMENT_BYTES = 262_144;

export interface Asking {
  readonly signal: AbortSignal;
  /** The issuer may continue the trace. */
  readonly tracing: Pick<Tracing, 'outgoing'>;
}

/**
 * The text of a document. A redirect isn't followed: it could lead to an untrusted host. Errors: a sentence for the
 * operator.
 */
export async function fetchDocument(url: string, asking: Asking): Promise<string> {
  const { origin, pathname } = new URL(url);
  const response = await answerOf(url, asking).catch((cause: unknown) => {
    throw new Error(`expected an answer from ${origin}${pathname}; got ${reasonOf(cause)}`, { cause });
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`expected 200 from ${origin}${pathname}; got ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of decoded(response)) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_DOCUMENT_BYTES) {
      throw new Error(`expected at most ${MAX_DOCUMENT_BYTES} bytes from ${origin}${pathname}; got more`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Node's fetch takes no `lookup`. */
async function answerOf(url: string, { signal, tracing }: Asking): Promise<IncomingMessage> {
  const traceparent = tracing.outgoing();
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'safelight',
    ...(traceparent && { traceparent }),
  };
  const request = new URL(url).protocol === 'https:' ? overHttps : overHttp;
  const asked = request(url, { headers, lookup, signal }).on('error', () => undefined);
  const answer = once(asked, 'response');
  asked.end();
  const [response] = (await answer) as [IncomingMessage];
  return response.on('error', () => undefined);
}

/** Servers may compress an answer, although none asked for it (RFC 9110 12.5.3). */
function decoded(response: IncomingMessage): AsyncIterable<Buffer> {
  const coding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (coding === 'identity') return response;
  if (!['gzip', 'x-gzip', 'deflate', 'br'].includes(coding)) {
    response.destroy();
    throw new Error(`expected gzip, deflate, br or no compression; got ${coding}`);
  }
  const decoder = coding === 'br' ? createBrotliDecompress() : createUnzip();
  return pipeline(response, decoder, () => undefined); // an error is the reader's
}

/** An attempt at several addresses has the errors of each, and no message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message || String(error) : String(error);
}
