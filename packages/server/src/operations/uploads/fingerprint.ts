import { createHash } from 'node:crypto';
import type { Json } from '../../domain/image/image.ts';

/** Lower-case hex of SHA-256 over the fields as JSON: equal requests have equal fingerprints. */
export const fingerprint = (fields: { readonly [name: string]: Json | undefined }): string =>
  createHash('sha256').update(JSON.stringify(fields)).digest('hex');
