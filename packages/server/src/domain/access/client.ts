import type { Payer } from './payer.ts';

/** The client that waits for the answer to a request. */
export interface Client {
  /** Whose share the request uses. */
  readonly payer: Payer;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}
