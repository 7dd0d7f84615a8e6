/** Converts an abort reason into an error: node-server aborts with a string, which callers don't expect. */
export const abortReason = ({ reason }: AbortSignal): unknown =>
  reason instanceof Error ? reason : new DOMException(`${reason}`, 'AbortError');

/** The client has disconnected. The request itself is valid. */
export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';

/** The result of `work`, unless the signal aborts first: then its reason, and nobody awaits the work any more. */
export async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(abortReason(signal));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
