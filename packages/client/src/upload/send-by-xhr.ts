import { retryAfterIn, tooLong } from '../http/answer.ts';
import { aborted } from '../http/retry.ts';
import { cut, elsewhere, MOST_BYTES_OF_ANSWER, type Send, SILENT_MS, silence } from './send.ts';

/** Tells progress while it sends. */
export const sendByXhr: Send = ({ method, url, headers, body, signal, onSent }) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(aborted(signal));
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const abort = (): void => request.abort();
    let silent: ReturnType<typeof setTimeout> | undefined;
    const heard = (): void => {
      clearTimeout(silent);
      silent = setTimeout(abort, SILENT_MS);
    };
    request.upload.onprogress = ({ loaded }) => {
      heard();
      onSent(Math.min(loaded, body.size));
    };
    request.onprogress = ({ loaded }) => {
      if (loaded <= MOST_BYTES_OF_ANSWER) return;
      reject(tooLong(MOST_BYTES_OF_ANSWER));
      abort();
    };
    request.onload = () => {
      const { status, responseText: text, responseURL } = request;
      // XMLHttpRequest follows redirects, and can't be told not to. No credential or user is in its headers.
      if (responseURL !== new URL(url).href.replace(/#.*/s, '')) return reject(elsewhere());
      // A store of another origin may hide the header, and browsers complain about each look at it.
      const retryAfter = status < 400 ? undefined : retryAfterIn((name) => request.getResponseHeader(name));
      resolve({ status, text, retryAfter });
    };
    request.onerror = () => reject(cut());
    request.onabort = () => reject(signal?.aborted ? aborted(signal) : silence(SILENT_MS));
    request.onloadend = () => {
      clearTimeout(silent);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort, { once: true });
    heard();
    request.send(body);
  });
