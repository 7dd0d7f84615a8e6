import { type ClientRequest, type IncomingMessage, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SafelightError } from '../errors.ts';
import { retryAfterIn, tooLong } from '../http/answer.ts';
import { aborted } from '../http/retry.ts';
import { cut, MOST_BYTES_OF_ANSWER, type Send, type SendRequest, SILENT_MS, silence } from '../upload/send.ts';

/** Streams the bytes with their Content-Length, and tells progress while it sends. */
export const createSendByHttp =
  ({ silentMs = SILENT_MS } = {}): Send =>
  (sending) =>
    new Promise((resolve, reject) => {
      const { method, url, headers, body, signal } = sending;
      if (signal?.aborted) return reject(aborted(signal));
      const request = (url.startsWith('https:') ? requestByHttps : requestByHttp)(url, {
        method,
        headers: { ...headers, 'Content-Length': String(body.size) },
      });
      const fail = (error: unknown): void => {
        signal?.removeEventListener('abort', abort);
        stop(request);
        reject(error);
      };
      const abort = (): void => signal && fail(aborted(signal));
      signal?.addEventListener('abort', abort, { once: true });
      request.setTimeout(silentMs, () => fail(silence(silentMs)));
      request.on('error', (error) => fail(cut(error)));
      request.on('response', async (response) => {
        try {
          const answer = await textOf(response);
          signal?.removeEventListener('abort', abort);
          if (!request.writableFinished) stop(request); // the store has answered without the rest
          const retryAfter = retryAfterIn((name) => response.headers[name]?.toString() ?? null);
          resolve({ status: response.statusCode ?? 0, text: answer, retryAfter });
        } catch (error) {
          fail(error instanceof SafelightError ? error : cut(error));
        }
      });
      pipeline(Readable.from(body.stream()), counting(sending), request).catch((error: unknown) => {
        // An error of the connection comes by `request` too, and an early answer may still be on its way; one of the
        // file only here.
        if (!request.destroyed) fail(cut(error));
      });
    });

/** Errors: `unexpected-answer` for too much of it. */
async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES_OF_ANSWER) throw tooLong(MOST_BYTES_OF_ANSWER);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Tells what the connection has accepted: it takes a chunk once it has room. */
function counting({ onSent }: SendRequest): Transform {
  let sent = 0;
  return new Transform({
    transform(chunk: Uint8Array, _, done) {
      sent += chunk.length;
      onSent(sent);
      done(null, chunk);
    },
  });
}

/** With a reset, so that bytes in the system's buffer aren't sent either. */
function stop(request: ClientRequest): void {
  if (request.socket && 'resetAndDestroy' in request.socket) request.socket.resetAndDestroy();
  request.destroy();
}
