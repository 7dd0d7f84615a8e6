import type { Client } from './client.ts';

/** For tests: a client that stays until `signal` aborts. */
export const clientAt = (address: string, signal = new AbortController().signal): Client => ({ address, signal });
