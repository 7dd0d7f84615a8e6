/** The client that waits for the answer to a request. */
export interface Client {
  /** The client's IPv4 address or /64, '' if unknown. Requests of one address share its turns. */
  readonly address: string;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}
