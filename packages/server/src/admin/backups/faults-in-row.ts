import { AppError } from '../../domain/errors.ts';
import type { StoredImage } from '../../domain/image/image.ts';
import { GROUPS } from '../archive/backup/names.ts';
import type { BackupFault } from './backup-progress.ts';
import type { SpooledRecords } from './spool-records.ts';
import { isReadable, type OriginalSource } from './use-original.ts';

/**
 * With as many faults in a row the store of the service may be away, or another one: such a backup must not count as
 * one.
 */
const MOST_FAULTS = 20;
/**
 * So many originals are then looked for. The store that has one of them is the right one: originals that the target has
 * aren't asked for, so a row by itself proves nothing.
 */
const SAMPLES = 100;
const LOOKS_AT_ONCE = 20;

/** Judges whether faults are those of some images, or of the store. */
export function createFaultsInRow(services: OriginalSource, records: SpooledRecords) {
  let inRow = 0;
  let unreadable: unknown;

  return {
    onSound(): void {
      inRow = 0;
    },

    /** Errors: that of the store, or `unavailable`, if the store has none of the samples. */
    async onFault(fault: BackupFault, cause: unknown): Promise<void> {
      unreadable = cause ?? unreadable;
      inRow += 1;
      if (inRow < MOST_FAULTS) return;
      inRow = 0;
      if (!(await hasOneOf(services, records))) throw cause ?? withoutOriginals(fault);
    },

    /** Errors: that of the store, if the faults that are left say so and the store can read none of the samples. */
    async judge(faults: readonly BackupFault[]): Promise<void> {
      if (faults.some(isUnreadable) && !(await hasOneOf(services, records))) throw unreadable;
    },
  };
}

export const isUnreadable = ({ kind }: BackupFault): boolean => kind === 'unreadable';

async function hasOneOf(services: OriginalSource, records: SpooledRecords): Promise<boolean> {
  const samples: StoredImage[] = [];
  for await (const image of imagesOf(records)) if (samples.push(image) === SAMPLES) break;
  for (let start = 0; start < samples.length; start += LOOKS_AT_ONCE) {
    const looks = samples.slice(start, start + LOOKS_AT_ONCE).map((image) => isReadable(services, image));
    if ((await Promise.all(looks)).includes(true)) return true;
  }
  return false;
}

async function* imagesOf(records: SpooledRecords): AsyncGenerator<StoredImage> {
  for (const group of GROUPS) yield* records.images(group);
}

const withoutOriginals = ({ imageId, detail }: BackupFault): AppError =>
  new AppError(
    'unavailable',
    `expected the store with the originals of the records; got ${MOST_FAULTS} faults in a row, the last one for ${imageId}: ${detail}. Is it the right bucket or folder? npm run admin -- reconcile explains each`,
  );
