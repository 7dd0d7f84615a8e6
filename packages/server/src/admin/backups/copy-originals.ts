import { Readable } from 'node:stream';
import type { StoredImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { eachAtMost } from '../../flow/each-at-most.ts';
import { GROUPS, groupPrefix, objectPath } from '../archive/backup/names.ts';
import type { Target } from '../archive/place/target.ts';
import type { BackupFault } from './backup-progress.ts';
import { createFaultsInRow, isUnreadable } from './faults-in-row.ts';
import { type Alike, alikeIn, type SpooledRecords } from './spool-records.ts';
import { type OriginalSource, type UseOptions, useOriginal } from './use-original.ts';

export interface CopyOptions extends UseOptions {
  readonly target: Target;
  /** Images whose bytes the target has, from before or now. */
  readonly onStored: (images: number) => void;
  readonly onCopied: (bytes: number) => void;
}

export interface Copied {
  /** Deleted since their records were read, or replaced more than once. */
  readonly leftOut: readonly ImageId[];
  readonly faults: readonly BackupFault[];
}

/** A sync takes longer than the bytes of a small image; several at once share it. */
const COPIES_AT_ONCE = 12;

/**
 * Copies the originals that the target lacks. Errors: those of the target, of the records, and of a store that is away.
 */
export async function copyOriginals(
  services: OriginalSource,
  records: SpooledRecords,
  options: CopyOptions,
): Promise<Copied> {
  const leftOut: ImageId[] = [];
  const faults: BackupFault[] = [];
  const unreadable: Alike[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([options.signal, ending.signal]);
  const inRow = createFaultsInRow(services, records);

  /** Once the target has the bytes, all of these images have theirs, also one whose own original is faulty. */
  async function copyAlike(alike: Alike, attempt: 'first' | 'last'): Promise<void> {
    const found: BackupFault[] = [];
    const left: StoredImage[] = [];
    let deleted = 0;
    for (const image of alike) {
      const used = await copyOriginal(services, image, { ...options, signal });
      if (used.kind === 'sound') {
        inRow.onSound();
        return options.onStored(alike.length - deleted);
      }
      if (used.kind === 'deleted') {
        deleted += 1;
        leftOut.push(image.id);
        continue;
      }
      left.push(image);
      const fault = { imageId: image.id, kind: used.kind, detail: used.detail };
      found.push(fault);
      await inRow.onFault(fault, used.cause);
    }
    const [first, ...others] = left;
    if (attempt === 'first' && first && found.some(isUnreadable)) unreadable.push([first, ...others]);
    else faults.push(...found);
  }

  const copyEach = (source: AsyncIterable<Alike>, attempt: 'first' | 'last'): Promise<void> =>
    eachAtMost(COPIES_AT_ONCE, source, (alike) =>
      copyAlike(alike, attempt).catch((error: unknown) => {
        ending.abort(error); // the first fault ends the others
        throw error;
      }),
    );

  await copyEach(findLacking(records, options), 'first');
  await copyEach(Readable.from(unreadable), 'last'); // the store may have been busy, or away for a moment
  signal.throwIfAborted();
  await inRow.judge(faults);
  return { leftOut, faults };
}

/** Copies one, and tells so. */
export async function copyOriginal(
  services: OriginalSource,
  image: StoredImage,
  options: Pick<CopyOptions, 'target' | 'onCopied' | keyof UseOptions>,
): ReturnType<typeof useOriginal> {
  const { sha256, sizeBytes } = image;
  return useOriginal(services, image, options, async (bytes) => {
    await options.target.put(objectPath(sha256), bytes, { sizeBytes });
    options.onCopied(sizeBytes);
  });
}

/** The originals that the target lacks, group by group. One with another size counts as lacking: it is stored again. */
async function* findLacking(
  records: SpooledRecords,
  { target, onStored, signal }: CopyOptions,
): AsyncGenerator<Alike, undefined> {
  for (const group of GROUPS) {
    const wanted = await alikeIn(records, group);
    if (wanted.length === 0) continue;
    signal.throwIfAborted();
    const found = new Map<string, number>();
    for await (const { path, sizeBytes } of target.list(groupPrefix(group))) found.set(path, sizeBytes);
    for (const alike of wanted) {
      const [{ sha256, sizeBytes }] = alike;
      if (found.get(objectPath(sha256)) === sizeBytes) onStored(alike.length);
      else yield alike;
    }
  }
  return undefined;
}
