import { link, lstat, rename } from 'node:fs/promises';
import { errnoOf, unlessAbsent } from './disk-fault.ts';

/** Gives the file at `from` the name `to`; false when that name is taken. ENOENT when `to` has no folder. */
export type Place = (from: string, to: string) => Promise<boolean>;

export const replace: Place = async (from, to) => {
  await rename(from, to);
  return true;
};

/** Another file system, one without hard links, a folder (which is then no object), too many links. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export const meansNoLink = (error: unknown): boolean => CANNOT_LINK.has(errnoOf(error) ?? '');

/** Placing where nothing is, by one process: a link is made or not, and where there are none, one after another looks. */
export function createPlacing(): { readonly placeFirst: Place } {
  let last: Promise<unknown> = Promise.resolve();

  const lookAndRename: Place = async (from, to) => (await unlessAbsent(lstat(to))) === undefined && replace(from, to);

  return {
    async placeFirst(from, to) {
      try {
        await link(from, to);
        return true;
      } catch (error) {
        if (errnoOf(error) === 'EEXIST') return false;
        if (!meansNoLink(error)) throw error;
      }
      const placed = last.then(() => lookAndRename(from, to));
      last = placed.catch(() => undefined);
      return placed;
    },
  };
}
