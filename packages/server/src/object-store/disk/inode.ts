import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { hashFile } from '../staging/file-hash.ts';

/** Identifies the bytes of a file under any key: the store never writes to a file after it is staged. */
export const inodeOf = ({ dev, ino, size, mtimeNs }: BigIntStats): string => `${dev}:${ino}:${size}:${mtimeNs}`;

/**
 * A strong validator (RFC 9110 8.8.1), opaque: not S3's MD5. Restored or copied files get another tag. Before Linux
 * 6.13 file times have a resolution of some milliseconds: a file that reuses an inode within that time, with the same
 * size, gets the same tag.
 */
export const entityTagOf = (stats: BigIntStats): string =>
  `"${createHash('sha256').update(inodeOf(stats)).digest('hex').slice(0, 32)}"`;

/**
 * Cached hashes: an upload is finalized soon after it was received, and renditions are made of the same originals.
 * About 2 MB.
 */
const MAX_HASHES = 10_000;

export interface Hashes {
  remember(inode: string, sha256: string): void;
  /** Undefined if the hash isn't cached. */
  find(inode: string): string | undefined;
  /** Lower-case hex: the cached hash, or computed by reading the file. */
  of(inode: string, handle: FileHandle): Promise<string>;
}

export function createHashes(): Hashes {
  const known = new Map<string, string>();

  const remember = (inode: string, sha256: string) => {
    known.delete(inode);
    known.set(inode, sha256);
    if (known.size > MAX_HASHES) known.delete(known.keys().next().value ?? inode);
  };

  return {
    remember,
    find: (inode) => known.get(inode),
    async of(inode, handle) {
      const remembered = known.get(inode);
      if (remembered !== undefined) return remembered;
      const sha256 = await hashFile(handle.fd);
      remember(inode, sha256);
      return sha256;
    },
  };
}
