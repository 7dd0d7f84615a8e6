import type { ApiKey } from '../access/api-key.ts';
import { createdAt, type ImageId } from '../image/image-id.ts';
import type { Erasure } from './erasure.ts';
import { withoutUsers } from './keys-of-user.ts';
import { userHashOf } from './user-hash.ts';

/** The users and images that erasures forbid to bring back. */
export interface Erased {
  /** A key by which users of erasures were hashed. */
  addKey(key: string): void;
  add(erasure: Erasure): void;
  has(image: { readonly id: ImageId; readonly userId: string }): boolean;
  /** Whether a record of the user of that time must not come back. A user may return once the block has ended. */
  hasUser(userId: string, at: Date): boolean;
  /** The key without such users; null: nothing is left of it. */
  leftOfKey(key: ApiKey): ApiKey | null;
}

/** Of several services, each of which has a key of its own. */
export function createErased(): Erased {
  const keys = new Set<string>();
  /** When the last block of each user ends. */
  const users = new Map<string, Date>();
  const images = new Set<ImageId>();

  const hasUser = (userId: string, at: Date): boolean =>
    [...keys].some((key) => at < (users.get(userHashOf(key, userId)) ?? at));

  return {
    addKey: (key) => keys.add(key),
    add({ userHash, imageIds, blockedUntil }) {
      const known = users.get(userHash);
      if (known === undefined || known < blockedUntil) users.set(userHash, blockedUntil);
      for (const id of imageIds) images.add(id);
    },
    has: ({ id, userId }) => images.has(id) || hasUser(userId, createdAt(id)),
    hasUser,
    leftOfKey: (key) => withoutUsers(key, (userId) => hasUser(userId, key.createdAt)),
  };
}
