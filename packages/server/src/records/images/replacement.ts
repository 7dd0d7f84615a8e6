import type { Details } from '../../domain/facts/facts.ts';
import { canBecome, type Image, isDetailed, isEnded, isStored } from '../../domain/image/image.ts';
import { isReplacement } from '../../domain/image/replace.ts';
import type { KeyUse } from './image-repository.ts';
import { albumsText } from './stored-values.ts';

/** Enforces the port's rules for `replace`, whatever the store. A violation is a programming error. */
export function requireLegal(from: Image, to: Image, details?: Details | null): void {
  const breach = breachOf(from, to) ?? detailsBreach(from, to, details);
  if (breach !== undefined) throw new Error(`Image ${from.id} can't be replaced: ${breach}`);
}

/** Enforces that `replaceKeyUse` keeps its key, whatever the store. A violation is a programming error. */
export function requireSameKey(from: KeyUse, to: KeyUse): void {
  if (from.userId === to.userId && from.key === to.key) return;
  throw new Error(`The use of key ${from.key} by ${from.userId} can't become one of ${to.key} by ${to.userId}`);
}

function breachOf(from: Image, to: Image): string | undefined {
  if (to.id !== from.id || to.userId !== from.userId) return `it would become ${to.id} of ${to.userId}`;
  if (to.status !== from.status) {
    if (isMoved(from, to) && !isEnded(to)) return 'its albums would change with its status';
    if (!canBecome(from.status, to.status)) return `${from.status} can't become ${to.status}`;
    return to.revision === from.revision + 1 ? undefined : revisionBreach(from, to);
  }
  if (isReplacement(from, to)) return to.revision === from.revision + 1 ? undefined : revisionBreach(from, to);
  if (to.contentType !== from.contentType && !isFetched(from, to))
    return `${from.contentType} would become ${to.contentType}`;
  if (isMoved(from, to) && !isEnded(to) && to.revision !== from.revision)
    return 'its albums would change with its revision';
  return to.revision === from.revision || to.revision === from.revision + 1 ? undefined : revisionBreach(from, to);
}

/** Its bytes are here, and with them its type. */
const isFetched = (from: Image, to: Image): boolean =>
  from.status === 'pending' && from.fetchFrom !== null && to.status === 'pending' && to.fetchFrom === null;

/** `hasDetails` of a stored image tells the truth about `details`, or about those that stay. */
function detailsBreach(from: Image, to: Image, details: Details | null | undefined): string | undefined {
  const expected = details === undefined ? isDetailed(from) : details !== null;
  if (!isStored(to) || to.hasDetails === expected) return undefined;
  return `it would have ${expected ? 'details' : 'none'}, and says the opposite`;
}

const revisionBreach = (from: Image, to: Image): string => `revision ${to.revision} doesn't follow ${from.revision}`;

/** A change of albums and of anything else would be a transaction too large for DynamoDB. */
const isMoved = (from: Image, to: Image): boolean => albumsText(from.albums) !== albumsText(to.albums);
