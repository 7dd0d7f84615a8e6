import { createHash } from 'node:crypto';
import type { Digest } from '../upload/hash.ts';

/** Hashes files of any size, a chunk at a time. */
export const digestStream: Digest = async (bytes) => {
  const hash = createHash('sha256');
  for await (const chunk of bytes.stream()) hash.update(chunk);
  return hash.digest('hex');
};
