import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA256 of a user's id by the service's erasure key, both in lower-case hex: without the key nobody can try out
 * ids.
 */
export const userHashOf = (key: string, userId: string): string =>
  createHmac('sha256', Buffer.from(key, 'hex')).update(userId).digest('hex');

/** Bytes of an erasure key. */
export const ERASURE_KEY_BYTES = 32;
