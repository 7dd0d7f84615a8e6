import { createFingerprints } from '../../text/fingerprints.ts';
import type { ApiKey } from '../access/api-key.ts';
import { AppError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import type { Erasure } from './erasure.ts';
import { withoutUsers } from './keys-of-user.ts';
import { userHashOf } from './user-hash.ts';

/** The users and images that erasures forbid to bring back. */
export interface Erased {
  /** A key by which users of erasures were hashed. Errors: `unavailable` if there are too many to be true. */
  addKey(key: string): void;
  /** Adds the user or the images of an erasure. Errors: `unavailable` if there are too many to be true. */
  add(erasure: Erasure): void;
  /**
   * Whether the image was there before the deletion. The end of its upload tells: it is before the end of the block,
   * which lasts a day longer than the last upload of the deleted images, or after it, if the user has returned. The id
   * of an imported image doesn't tell: it has the time of its source, and is the same when it is imported again.
   */
  has(image: Pick<Image, 'id' | 'userId' | 'expiresAt'>): boolean;
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

  /** A user may have been deleted in several services, each of which has a key. */
  const blocksOf = (userId: string): readonly Date[] =>
    [...keys].flatMap((key) => users.get(userHashOf(key, userId)) ?? []);

  const hasUser = (userId: string, at: Date): boolean => blocksOf(userId).some((blockedUntil) => at < blockedUntil);

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
    has({ id, userId, expiresAt }) {
      const blocks = blocksOf(userId);
      return blocks.length > 0 ? blocks.some((blockedUntil) => expiresAt < blockedUntil) : images.has(id);
    },
    hasUser,
    leftOfKey: (key) => withoutUsers(key, (userId) => hasUser(userId, key.createdAt)),
  };
}
