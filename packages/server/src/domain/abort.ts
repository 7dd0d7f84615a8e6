/** Why a wait was called off, as an error: node-server aborts with a text, which nobody downstream takes for one. */
export const abortReason = ({ reason }: AbortSignal): unknown =>
  reason instanceof Error ? reason : new DOMException(`${reason}`, 'AbortError');

/** Whoever asked has gone: nothing is wrong with what was asked for. */
export const isAbort = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
