import { type Found, isPictureOfFolder, MAX_FILES } from './found-files.ts';

/** A bound for folders of something else. */
const MAX_ENTRIES = 100_000;

type Dropped = FileSystemEntry | File;

/** Call this before the event ends: its DataTransfer is empty afterwards. */
export function droppedIn(transfer: DataTransfer): readonly Dropped[] {
  return [...transfer.items].flatMap((item) => {
    if (item.kind !== 'file') return [];
    return item.webkitGetAsEntry() ?? item.getAsFile() ?? [];
  });
}

/** All files, those of folders and their folders too. What can't be read counts as another file. */
export async function readDropped(dropped: readonly Dropped[]): Promise<Found> {
  const files: File[] = [];
  let [others, seen, isCut] = [0, 0, false];
  const add = (file: File): void => {
    if (files.length < MAX_FILES) files.push(file);
    else isCut = true;
  };

  async function walk(folder: FileSystemDirectoryEntry): Promise<void> {
    const reader = folder.createReader();
    for (;;) {
      const entries = await entriesOf(reader);
      if (entries.length === 0) return;
      const folders: FileSystemDirectoryEntry[] = [];
      for (const entry of entries) {
        seen += 1;
        if (seen > MAX_ENTRIES || isCut) {
          isCut = true;
          return;
        }
        if (isFolder(entry)) folders.push(entry);
        else {
          const file = isPictureOfFolder({ name: entry.name, type: '' }) ? await fileOf(entry) : undefined;
          if (file) add(file);
          else others += 1;
        }
      }
      for (const each of folders) await walk(each);
    }
  }

  for (const one of dropped) {
    if (one instanceof File) add(one);
    else if (isFolder(one)) await walk(one);
    else {
      const file = await fileOf(one);
      if (file) add(file);
      else others += 1;
    }
  }
  return { files, others, isCut };
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** At most 100 at a time in Chromium; none means the end. An error ends the folder. */
const entriesOf = (reader: FileSystemDirectoryReader): Promise<readonly FileSystemEntry[]> =>
  new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));

const fileOf = (entry: FileSystemEntry): Promise<File | undefined> =>
  new Promise((resolve) => (entry as FileSystemFileEntry).file(resolve, () => resolve(undefined)));
