import type { ImageId } from '../image/image-id.ts';
import type { Erasure } from './erasure.ts';
import { userHashOf } from './user-hash.ts';

/** The users and images that erasures forbid to bring back. */
export interface Erased {
  /** A key by which users of erasures were hashed. */
  addKey(key: string): void;
  add(erasure: Erasure): void;
  has(image: { readonly id: ImageId; readonly userId: string }): boolean;
}

/** Of several services, each of which has a key of its own. */
export function createErased(): Erased {
  const keys = new Set<string>();
  const users = new Set<string>();
  const images = new Set<ImageId>();
  return {
    addKey: (key) => keys.add(key),
    add({ userHash, imageIds }) {
      users.add(userHash);
      for (const id of imageIds) images.add(id);
    },
    has: ({ id, userId }) => images.has(id) || [...keys].some((key) => users.has(userHashOf(key, userId))),
  };
}
