import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFault, meansAbsent, unlessAbsent } from './disk-fault.ts';
import { isContained, pathOf, storableKey } from './disk-path.ts';
import type { ListedObject } from './object-store.ts';

/** Files come and go while it walks: a folder pruned meanwhile, even half read, has nothing more to tell. */
export async function* listFiles(root: string, prefix: string): AsyncGenerator<ListedObject> {
  const folder = prefix.endsWith('/') ? storableKey(prefix.slice(0, -1)) : undefined;
  const path = folder && pathOf(root, folder);
  if (path === undefined) return;
  try {
    if (!(await isContained(join(path, 'any')))) return;
    for await (const entry of await opendir(path)) {
      const key = storableKey(`${prefix}${entry.name}`);
      if (key === undefined) continue;
      if (entry.isDirectory()) yield* listFiles(root, `${key}/`);
      // A put and a copy are links: it is when the bytes were staged.
      const stats = entry.isFile() ? await unlessAbsent(lstat(join(path, entry.name))) : undefined;
      if (stats?.isFile()) yield { key, storedAt: stats.mtime };
    }
  } catch (error) {
    if (!meansAbsent(error)) throw diskFault(error);
  }
}
