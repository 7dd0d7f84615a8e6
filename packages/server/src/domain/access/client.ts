/** The client that waits for the answer to a request. */
export interface Client {
  /** The remote address, as far as it is known. Requests of one address share its turns. */
  readonly address: string;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}
