import { createHmac } from 'node:crypto';
import type { ImageId } from '../image/image-id.ts';

export interface ImportedFrom {
  /** The name of the source. */
  readonly source: string;
  /** The image's in the source. */
  readonly path: string;
  /** Whose it becomes: another user gets another one. */
  readonly userId: string;
  /** Its time there, from 1970 on. */
  readonly at: Date;
  /** How many ids before this one belong to uploads that were given up; from 0. */
  readonly attempt: number;
}

/**
 * A UUIDv7 of that time, whose other bits depend on where the image comes from: imported twice it has the same id, and
 * no second record. Nobody without the key, lower-case hex, can tell the ids of an import.
 */
export function importedId(key: string, { source, path, userId, at, attempt }: ImportedFrom): ImageId {
  const text = JSON.stringify(['import', source, path, userId, attempt]);
  const bits = createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest();
  bits.writeUIntBE(at.getTime(), 0, 6);
  bits[6] = 0x70 | ((bits[6] ?? 0) & 0x0f); // the version
  bits[8] = 0x80 | ((bits[8] ?? 0) & 0x3f); // the variant
  return bits.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') as ImageId;
}
