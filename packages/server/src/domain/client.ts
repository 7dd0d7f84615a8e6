/** Somebody who waits for the answer to a request. */
export interface Client {
  /** Where the request came from, as far as we can tell: those who share an address share their turns. */
  readonly address: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}
