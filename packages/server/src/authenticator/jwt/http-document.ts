import type { Tracing } from '../../observer/tracing.ts';

/** A JWKS has a few KB. */
export const MAX_DOCUMENT_BYTES = 262_144;

export interface Asking {
  readonly signal: AbortSignal;
  /** The issuer may go on with the trace. */
  readonly tracing: Pick<Tracing, 'outgoing'>;
}

/** The text of a document. A redirect isn't followed: it could lead to an untrusted host. Errors: a sentence for the operator. */
export async function fetchDocument(url: string, asking: Asking): Promise<string> {
  const { origin, pathname } = new URL(url);
  const response = await answerOf(url, asking).catch((cause: unknown) => {
    throw new Error(`expected an answer from ${origin}${pathname}; got ${reasonOf(cause)}`, { cause });
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`expected 200 from ${origin}${pathname}; got ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_DOCUMENT_BYTES) {
      throw new Error(`expected at most ${MAX_DOCUMENT_BYTES} bytes from ${origin}${pathname}; got more`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function answerOf(url: string, { signal, tracing }: Asking): Promise<Response> {
  const traceparent = tracing.outgoing();
  const headers = { accept: 'application/json', ...(traceparent && { traceparent }) };
  return fetch(url, { redirect: 'manual', headers, signal });
}

/** fetch has the reason, such as a refused connection or a certificate, in the cause of its error. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message;
}
