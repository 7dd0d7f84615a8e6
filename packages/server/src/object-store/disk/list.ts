import { lstat, opendir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ListedObject, ListedPage, ListPageOptions } from '../object-store.ts';
import { diskFault, meansAbsent, unlessAbsent } from '../staging/file-fault.ts';
import { isContained, pathOf, storableKey } from './path.ts';

/** Directory entries per read; most folders hold fewer. */
const ENTRIES = 128;

/** Files are created and deleted during the walk: a folder that is pruned meanwhile, even half read, simply ends. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<ListedObject> {
  const folder = prefix.endsWith('/') ? storableKey(prefix.slice(0, -1)) : undefined;
  const path = folder && pathOf(root, folder);
  if (path === undefined) return;
  try {
    if (!isContained(path)) return;
    for await (const entry of await opendir(path, { bufferSize: ENTRIES })) {
      const key = storableKey(`${prefix}${entry.name}`);
      if (key === undefined) continue;
      if (entry.isDirectory()) yield* listFiles(root, `${key}/`);
      else if (entry.isFile()) yield { key, details: () => detailsOf(join(path, entry.name)) };
    }
  } catch (error) {
    if (!meansAbsent(error)) throw diskFault(error);
  }
}

/** The files in the order of names, folder by folder, after the key `after`. */
async function* listFilesBehind(root: string, prefix: string, after: string): AsyncGenerator<ListedObject> {
  const folder = storableKey(prefix.slice(0, -1));
  const path = folder && pathOf(root, folder);
  if (path === undefined) return;
  const [passed = ''] = after.startsWith(prefix) ? after.slice(prefix.length).split('/') : [];
  try {
    if (!isContained(path)) return;
    for (const entry of (await readdir(path, { withFileTypes: true })).toSorted(byName)) {
      const key = entry.name < passed ? undefined : storableKey(`${prefix}${entry.name}`);
      if (key === undefined) continue;
      if (entry.isDirectory()) yield* listFilesBehind(root, `${key}/`, after);
      else if (entry.isFile() && key !== after) yield { key, details: () => detailsOf(join(path, entry.name)) };
    }
  } catch (error) {
    if (!meansAbsent(error)) throw diskFault(error);
  }
}

/** A page of the same. */
export async function listFilesPage(
  root: string,
  prefix: string,
  { after, limit }: ListPageOptions,
): Promise<ListedPage> {
  const objects: ListedObject[] = [];
  for await (const one of listFilesBehind(root, prefix, after)) {
    if (objects.length === limit) return { objects, next: objects.at(-1)?.key ?? null };
    objects.push(one);
  }
  return { objects, next: null };
}

const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);

/** The time is when the bytes were staged, because a put and a copy are hard links. */
async function detailsOf(path: string): ReturnType<ListedObject['details']> {
  const stats = await unlessAbsent(lstat(path));
  return { storedAt: stats?.mtime ?? new Date(0), sizeBytes: stats?.size ?? 0 };
}
