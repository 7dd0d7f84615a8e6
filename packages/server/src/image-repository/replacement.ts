import { canBecome, type Image } from '../domain/image.ts';

/** Holds every caller of `replace` to the port's rules, whatever the store; a breach is a programming error. */
export function requireLegal(from: Image, to: Image): void {
  const breach = breachOf(from, to);
  if (breach !== undefined) throw new Error(`Image ${from.id} can't be replaced: ${breach}`);
}

function breachOf(from: Image, to: Image): string | undefined {
  if (to.id !== from.id || to.userId !== from.userId) return `it would become ${to.id} of ${to.userId}`;
  if (to.status !== from.status) {
    if (!canBecome(from.status, to.status)) return `${from.status} can't become ${to.status}`;
    return to.revision === from.revision + 1 ? undefined : revisionBreach(from, to);
  }
  if (to.contentType !== from.contentType) return `${from.contentType} would become ${to.contentType}`;
  return to.revision === from.revision || to.revision === from.revision + 1 ? undefined : revisionBreach(from, to);
}

const revisionBreach = (from: Image, to: Image): string => `revision ${to.revision} doesn't follow ${from.revision}`;
