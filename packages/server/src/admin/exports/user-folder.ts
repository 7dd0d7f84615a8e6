import { hash } from 'node:crypto';

/** What every file system takes, and none folds into another name. */
const PLAIN = /^[a-z0-9](?:[a-z0-9@._-]{0,38}[a-z0-9])?$/;
/** Windows has devices of these names, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/;
const OTHERS = /[^\p{L}\p{N}_-]+/gu;
const MAX_CHARACTERS = 40;
const HASH_DIGITS = 12;
const HASHED = new RegExp(`_[0-9a-f]{${HASH_DIGITS}}$`);

/**
 * The folder of a user's originals in an export: the id itself if every file system takes it, otherwise a part that
 * people recognize and a hash. No two users have the same folder, whatever the file system does with case or accents.
 */
export function userFolder(userId: string): string {
  if (PLAIN.test(userId) && !DEVICE.test(userId) && !HASHED.test(userId)) return userId;
  const said = [...userId.normalize('NFC').replace(OTHERS, '_')]
    .slice(0, MAX_CHARACTERS)
    .join('')
    .replace(/^[_-]+/, '');
  return `${said || 'user'}_${hash('sha256', userId).slice(0, HASH_DIGITS)}`;
}
