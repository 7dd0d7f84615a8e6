import { createFingerprints } from '../../text/fingerprints.ts';
import type { ApiKey } from '../access/api-key.ts';
import { AppError } from '../errors.ts';
import { createdAt, type ImageId } from '../image/image-id.ts';
import type { Erasure } from './erasure.ts';
import { withoutUsers } from './keys-of-user.ts';
import { userHashOf } from './user-hash.ts';

/** The users and images that erasures forbid to bring back. */
export interface Erased {
  /** A key by which users of erasures were hashed. Errors: `unavailable` if there are too many to be true. */
  addKey(key: string): void;
  /** Adds the user or the images of an erasure. Errors: `unavailable` if there are too many to be true. */
  add(erasure: Erasure): void;
  has(image: { readonly id: ImageId; readonly userId: string }): boolean;
  /** Whether a record of the user of that time must not come back. A user may return once the block has ended. */
  hasUser(userId: string, at: Date): boolean;
  /** The key without such users; null: nothing is left of it. */
  leftOfKey(key: ApiKey): ApiKey | null;
}

/**
 * What forged erasures may take of the memory, about 20 MB each. A service has one key, and another one only after a
 * move without a backup.
 */
const LIMITS = { users: 100_000, images: 2_000_000, keys: 100 };

const tooMany = (max: number, what: string): AppError =>
  new AppError('unavailable', `expected at most ${max} ${what}; got more: are the target and its erasures yours?`);

/** Erasures of several services, each of which has a key of its own. */
export function createErased(limits = LIMITS): Erased {
  const keys = new Set<string>();
  /** When the last block of each user ends. */
  const users = new Map<string, Date>();
  const images = createFingerprints();

  const hasUser = (userId: string, at: Date): boolean =>
    [...keys].some((key) => at < (users.get(userHashOf(key, userId)) ?? at));

  return {
    addKey(key) {
      keys.add(key);
      if (keys.size > limits.keys) throw tooMany(limits.keys, 'keys of erasures');
    },
    add({ userHash, imageIds, blockedUntil }) {
      const known = users.get(userHash);
      if (known === undefined && users.size === limits.users) throw tooMany(limits.users, 'erased users');
      if (images.size + imageIds.length > limits.images) throw tooMany(limits.images, 'images of erased users');
      if (known === undefined || known < blockedUntil) users.set(userHash, blockedUntil);
      for (const id of imageIds) images.add(id);
    },
    has: ({ id, userId }) => images.has(id) || hasUser(userId, createdAt(id)),
    hasUser,
    leftOfKey: (key) => withoutUsers(key, (userId) => hasUser(userId, key.createdAt)),
  };
}
