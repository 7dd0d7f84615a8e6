import type { Client } from './client.ts';

/** A client for tests, connected until `signal` aborts. */
export const clientAt = (address: string, signal = new AbortController().signal): Client => ({ address, signal });
