/** Converts an abort reason into an error: node-server aborts with a string, which callers don't expect. */
export const abortReason = ({ reason }: AbortSignal): unknown =>
  reason instanceof Error ? reason : new DOMException(`${reason}`, 'AbortError');

/** The client has disconnected. The request itself is valid. */
export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
