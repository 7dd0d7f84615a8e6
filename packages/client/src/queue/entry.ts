import { SafelightError } from '../errors.ts';
import { acceptableName } from '../upload/filename.ts';
import { randomId } from '../upload/hash.ts';
import type { Description } from '../upload/upload.ts';
import type { Failure, StoredItem } from './queue-store.ts';
import type { UploadItem } from './uploader.ts';

/** An item, and what only its queue knows of it. */
export interface Entry {
  item: UploadItem;
  stored: StoredItem;
  /** Undefined if only the store has it. */
  file: Blob | undefined;
  isStored: boolean;
  /** Ends with the last write of the store. */
  storing: Promise<void>;
  running: AbortController | undefined;
  /** Failures of its own in a row. */
  failures: number;
  /** Milliseconds of `performance.now()`. */
  dueAt: number;
}

const nameOf = (file: Blob): string => ('name' in file && acceptableName(String(file.name))) || 'image';

const modifiedAt = (file: Blob): number => ('lastModified' in file ? Number(file.lastModified) : 0);

export const newItem = (file: Blob, description: Description, place: number): StoredItem => ({
  id: randomId(),
  name: nameOf(file),
  size: file.size,
  lastModified: modifiedAt(file),
  sha256: undefined,
  hasFile: false,
  description,
  place,
  attempt: 1,
  imageId: undefined,
  failure: undefined,
});

export function entryOf(stored: StoredItem, file?: Blob): Entry {
  const { id, name, size, imageId, hasFile: isKept } = stored;
  const about = { id, name, size, imageId, isKept };
  const item = { ...about, progress: 0, state: 'waiting', image: undefined, error: undefined } as const;
  const idle = { isStored: false, storing: Promise.resolve(), running: undefined, failures: 0, dueAt: 0 };
  return { item, stored, file, ...idle };
}

/** An entry of an item that has survived a reload. */
export function survivor(stored: StoredItem): Entry {
  const entry = { ...entryOf(stored), isStored: true };
  const { failure, hasFile } = stored;
  if (failure) return { ...entry, item: { ...entry.item, state: 'failed', image: undefined, error: errorOf(failure) } };
  return hasFile
    ? entry
    : { ...entry, item: { ...entry.item, state: 'needs-file', image: undefined, error: undefined } };
}

export const failureOf = ({ code, detail, status, errors, quota, params }: SafelightError): Failure => ({
  code,
  detail,
  status,
  errors,
  quota,
  params,
});

export const errorOf = ({ code, detail, ...options }: Failure): SafelightError =>
  new SafelightError(code, detail, options);

/** Whether this is the file that the item lost. `sha256` computes its hash. */
export async function isFileOf(
  { stored }: Entry,
  file: Blob,
  sha256: () => Promise<string | undefined>,
): Promise<boolean> {
  if (stored.size !== file.size) return false;
  if (stored.name === nameOf(file) && stored.lastModified === modifiedAt(file)) return true;
  return stored.sha256 !== undefined && stored.sha256 === (await sha256());
}
