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
  /** The same. */
  add(erasure: Erasure): void;
  has(image: { readonly id: ImageId; readonly userId: string }): boolean;
  /** Whether a record of the user of that time must not come back. A user may return once the block has ended. */
  hasUser(userId: string, at: Date): boolean;
  /** The key without such users; null: nothing is left of it. */
  leftOfKey(key: ApiKey): ApiKey | null;
}

/** What a forged file of erasures may take of the memory: 20 MB each. A service has one key, and gets another one at most on a new machine. */
const MAX_USERS = 100_000;
const MAX_IMAGES = 2_000_000;
const MAX_KEYS = 100;

const tooMany = (max: number, what: string): AppError =>
  new AppError('unavailable', `expected at most ${max} ${what}; got more: are the target and its erasures yours?`);

/** Of several services, each of which has a key of its own. */
export function createErased(): Erased {
  const keys = new Set<string>();
  /** When the last block of each user ends. */
  const users = new Map<string, Date>();
  const images = createFingerprints();

  const hasUser = (userId: string, at: Date): boolean =>
    [...keys].some((key) => at < (users.get(userHashOf(key, userId)) ?? at));

  return {
    addKey(key) {
      keys.add(key);
      if (keys.size > MAX_KEYS) throw tooMany(MAX_KEYS, 'keys of erasures');
    },
    add({ userHash, imageIds, blockedUntil }) {
      const known = users.get(userHash);
      if (known === undefined && users.size === MAX_USERS) throw tooMany(MAX_USERS, 'erased users');
      if (images.size + imageIds.length > MAX_IMAGES) throw tooMany(MAX_IMAGES, 'images of erased users');
      if (known === undefined || known < blockedUntil) users.set(userHash, blockedUntil);
      for (const id of imageIds) images.add(id);
    },
    has: ({ id, userId }) => images.has(id) || hasUser(userId, createdAt(id)),
    hasUser,
    leftOfKey: (key) => withoutUsers(key, (userId) => hasUser(userId, key.createdAt)),
  };
}
