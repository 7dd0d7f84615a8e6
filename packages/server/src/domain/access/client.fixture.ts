import type { Client } from './client.ts';
import { payerAt } from './payer.ts';

/** A client of an open service for tests, connected until `signal` aborts. */
export const clientAt = (address: string, signal = new AbortController().signal): Client => ({
  payer: payerAt(address, ''),
  signal,
});
