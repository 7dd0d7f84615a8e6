import { randomUUID } from 'node:crypto';
import { mkdir, open, opendir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../../object-store/object-store.ts';
import { diskFault, onDisk, unlessAbsent } from '../../object-store/staging/file-fault.ts';
import type { Fingerprints } from '../../text/fingerprints.ts';
import type { ExportPath } from './export-lines.ts';
import { createMonthFiles, type MonthFiles } from './month-files.ts';
import { hasBytes, writeVerified } from './verified-file.ts';

/*
 * The folder of an export:
 *
 *   export.json                         which export it is, and whether it is whole
 *   originals/<user>/<readable name>    each there with all its bytes, or not at all
 *   images.ndjson, albums.ndjson        those of the last run that ended
 *   index.html, pages/                  shows them
 *   .unfinished/                        what this run is writing
 *
 * Originals come to their places one by one, so a run that was killed has copied what it has copied. Everything else
 * is written anew into `.unfinished/`, and moved at the end.
 */

const UNFINISHED = '.unfinished';
const ORIGINALS = 'originals';
/** Moved in this order: the lines first, since they name the originals that stay. */
const MADE = ['images.ndjson', 'albums.ndjson', 'pages', 'index.html'] as const;

export type LinesFile = Extract<(typeof MADE)[number], `${string}.ndjson`>;

export interface ExportFolderFiles extends AsyncDisposable {
  /** Where pages are written. */
  readonly scratch: string;
  readonly months: MonthFiles;
  /** The path of an original, by its user's folder and its name. */
  pathOf(folder: string, name: string): ExportPath;
  hasOriginal(path: ExportPath, image: { readonly sizeBytes: number; readonly sha256: string }): Promise<boolean>;
  /** Returns the SHA-256 that was found: bytes of another one aren't stored. */
  putOriginal(path: ExportPath, body: StoredObject['body'], sha256: string): Promise<string>;
  /** A text without a line end is continued by the next one, which nobody else may write in between. */
  append(file: LinesFile, text: string): Promise<void>;
  /** Puts everything into its place, and removes originals that aren't among those paths. Returns how many. */
  publish(paths: Fingerprints): Promise<number>;
}

/** Only for its owner. Errors: those of the disk. */
export async function openExportFiles(dir: string): Promise<ExportFolderFiles> {
  const scratch = join(dir, UNFINISHED);
  await onDisk(rm(scratch, { recursive: true, force: true }));
  await onDisk(mkdir(scratch, { recursive: true, mode: 0o700 }));
  await using stack = new AsyncDisposableStack();
  const openLines = async (name: LinesFile) => {
    const file = stack.use(await onDisk(open(join(scratch, name), 'wx', 0o600)));
    let written = Promise.resolve();
    return (text: string): Promise<void> => {
      written = written.then(() => file.writeFile(text)); // one after the other: they share a position
      return written.catch((error: unknown) => {
        throw diskFault(error);
      });
    };
  };
  const lines = {
    'images.ndjson': await openLines('images.ndjson'),
    'albums.ndjson': await openLines('albums.ndjson'),
  };
  const folders = new Set<string>();
  const held = stack.move();

  /** Every user has few folders, and `mkdir` of one that is there costs a call. */
  const requireFolder = async (path: ExportPath): Promise<void> => {
    const folder = path.slice(0, path.lastIndexOf('/'));
    if (folders.has(folder)) return;
    await onDisk(mkdir(join(dir, folder), { recursive: true, mode: 0o700 }));
    folders.add(folder);
  };

  return {
    scratch,
    months: createMonthFiles(join(scratch, 'months')),
    pathOf: (folder, name) => `${ORIGINALS}/${folder}/${name}`,
    hasOriginal: (path, image) => onDisk(hasBytes(join(dir, path), image)),
    async putOriginal(path, body, sha256) {
      await requireFolder(path);
      return writeVerified({ path: join(dir, path), temporary: join(scratch, randomUUID()) }, body, sha256);
    },
    append: (file, text) => lines[file](text),
    async publish(paths) {
      for (const name of MADE) {
        await onDisk(rm(join(dir, name), { recursive: true, force: true }));
        await onDisk(unlessAbsent(rename(join(scratch, name), join(dir, name))));
      }
      const removed = await onDisk(removeOthers(dir, paths));
      await onDisk(rm(scratch, { recursive: true, force: true }));
      return removed;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Originals of images that were deleted, or have other bytes, since an earlier run. */
async function removeOthers(dir: string, paths: Fingerprints): Promise<number> {
  const originals = join(dir, ORIGINALS);
  let removed = 0;
  for (const folder of (await unlessAbsent(readdir(originals))) ?? []) {
    for await (const { name } of await opendir(join(originals, folder))) {
      if (paths.has(`${ORIGINALS}/${folder}/${name}`)) continue;
      await rm(join(originals, folder, name), { recursive: true });
      removed += 1;
    }
  }
  return removed;
}
