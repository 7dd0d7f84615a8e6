import { byName, type Found, isPictureOfFolder, MAX_FILES } from './found-files.ts';

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

  async function addFileOf(entry: FileSystemEntry): Promise<void> {
    seen += 1;
    if (seen > MAX_ENTRIES) isCut = true;
    if (isCut) return;
    const file = isPictureOfFolder({ name: entry.name, type: '' }) ? await fileOf(entry) : undefined;
    if (file) add(file);
    else others += 1;
  }

  async function walk(folder: FileSystemDirectoryEntry): Promise<void> {
    seen += 1;
    if (isCut) return;
    const reader = folder.createReader();
    const all: FileSystemEntry[] = [];
    while (seen + all.length <= MAX_ENTRIES) {
      const entries = await entriesOf(reader);
      if (entries.length === 0) break;
      all.push(...entries);
    }
    all.sort((a, b) => byName(a.name, b.name));
    for (const entry of all.filter((one) => !isFolder(one))) await addFileOf(entry);
    for (const entry of all.filter(isFolder)) await walk(entry);
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
