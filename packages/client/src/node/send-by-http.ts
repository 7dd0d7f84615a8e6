import { type ClientRequest, request as requestByHttp } from 'node:http';
import { request as requestByHttps } from 'node:https';
import { Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { retryAfterIn } from '../http/answer.ts';
import { aborted } from '../http/retry.ts';
import { cut, type Send, type SendRequest, SILENT_MS, silence } from '../upload/send.ts';

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
          const answer = await text(response);
          signal?.removeEventListener('abort', abort);
          if (!request.writableFinished) stop(request); // the store has answered without the rest
          const retryAfter = retryAfterIn((name) => response.headers[name]?.toString() ?? null);
          resolve({ status: response.statusCode ?? 0, text: answer, retryAfter });
        } catch (error) {
          fail(cut(error));
        }
      });
      pipeline(Readable.from(body.stream()), counting(sending), request).catch((error: unknown) => {
        // An error of the connection comes by `request` too, and an early answer may still be on its way; one of the file only here.
        if (!request.destroyed) fail(cut(error));
      });
    });

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
