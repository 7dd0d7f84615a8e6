import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFault, meansAbsent, unlessAbsent } from './disk-fault.ts';
import { isContained, pathOf, storableKey } from './disk-path.ts';
import type { ListedObject } from './object-store.ts';

/** Read at once; most folders hold fewer. */
const ENTRIES = 128;

/** Files come and go while it walks: a folder pruned meanwhile, even half read, has nothing more to tell. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<ListedObject> {
  const folder = prefix.endsWith('/') ? storableKey(prefix.slice(0, -1)) : undefined;
  const path = folder && pathOf(root, folder);
  if (path === undefined) return;
  try {
    if (!isContained(join(path, 'any'))) return;
    for await (const entry of await opendir(path, { bufferSize: ENTRIES })) {
      const key = storableKey(`${prefix}${entry.name}`);
      if (key === undefined) continue;
      if (entry.isDirectory()) yield* listFiles(root, `${key}/`);
      else if (entry.isFile()) yield { key, storedAt: () => stagedAt(join(path, entry.name)) };
    }
  } catch (error) {
    if (!meansAbsent(error)) throw diskFault(error);
  }
}

/** A put and a copy are links: it is when the bytes were staged. */
const stagedAt = async (path: string): Promise<Date> => (await unlessAbsent(lstat(path)))?.mtime ?? new Date(0);
