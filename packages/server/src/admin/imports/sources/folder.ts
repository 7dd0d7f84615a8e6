import { FORMAT_NAMES, typeByExtension } from '../../../domain/image/media-type.ts';
import type { ImportSource, SourceEntry, SourceFault } from '../import-source.ts';
import { openFolderFiles } from './folder-files.ts';
import { withSidecar } from './sidecar.ts';
import { type DateFrom, entryOfFile } from './source-entry.ts';
import type { SourceFile } from './source-files.ts';
import { openTableSource } from './table.ts';
import type { UserPattern } from './user-pattern.ts';

export interface FolderSourceOptions {
  readonly dir: string;
  /** A file of rows about the files; absent: all files are taken, as they are. */
  readonly table?: string | undefined;
  /** The user whom a path names; a table's user counts first. */
  readonly userOf: UserPattern;
  readonly dateFrom: DateFrom;
  /** As of `FolderFilesOptions`. */
  readonly dataDir?: string | undefined;
}

/** Opens a folder of pictures, with their sidecars. Errors: `unavailable`; `invalid-request` for a wrong table. */
export async function openFolderSource({
  dir,
  table,
  userOf,
  dateFrom,
  dataDir,
}: FolderSourceOptions): Promise<ImportSource> {
  const files = await openFolderFiles({ dir, except: table, dataDir });
  const beside = (entry: SourceEntry) => withSidecar(files, entry, dateFrom);
  if (table !== undefined) return await openTableSource({ files, table, userOf, dateFrom, beside });
  return {
    name: files.name,
    async *entries() {
      for await (const file of files.list()) {
        const entry = 'fault' in file ? file : pictureIn(file, userOf);
        if ('fault' in entry) yield entry;
        else yield* beside(entry);
      }
    },
    open: ({ path }, signal) => files.open(path, signal),
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

function pictureIn(file: SourceFile, userOf: UserPattern): SourceEntry | SourceFault {
  const { path } = file;
  if (typeByExtension(path) === undefined)
    return { path, fault: `expected a picture, ${FORMAT_NAMES}, by its suffix; got another file` };
  const userId = userOf(path);
  if (userId === undefined) return { path, fault: 'expected a path with a user, by the pattern; got another one' };
  return entryOfFile(file, userId);
}
