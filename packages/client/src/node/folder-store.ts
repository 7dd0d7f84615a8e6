import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SafelightError } from '../errors.ts';
import type { QueueStore, StoredItem } from '../queue/queue-store.ts';
import { randomId } from '../upload/hash.ts';
import { isLocalFile, openFile } from './open-file.ts';

/** An item as its JSON file has it: with the path of its file, never its bytes. */
type ItemOnDisk = StoredItem & { readonly path?: string };

const QUEUE = 'queue.json';

/** Keeps a queue in a folder: a JSON file for each item. Errors: `unreadable-file` if the folder can't be used; later those of the file system. */
export const openFolderStore = (folder: string): Promise<QueueStore> =>
  opened(folder).catch((cause) => {
    throw new SafelightError('unreadable-file', `expected a folder for the queue; got an error at ${folder}`, {
      cause,
    });
  });

async function opened(folder: string): Promise<QueueStore> {
  await mkdir(folder, { recursive: true });
  const write = async (name: string, value: unknown): Promise<void> => {
    const temporary = join(folder, `${name}.${randomId()}`);
    await using file = await open(temporary, 'w');
    await file.writeFile(JSON.stringify(value));
    await file.sync();
    await rename(temporary, join(folder, name)); // a process that is killed here leaves the former file, or the new one
  };
  const read = async <Value>(name: string): Promise<Value | undefined> => {
    try {
      return JSON.parse(await readFile(join(folder, name), 'utf8')) as Value;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  /** One unreadable file costs one item. It stays for whoever wants to look at it. */
  const damaged = (name: string, error: unknown): undefined => {
    process.emitWarning(`expected an upload in ${join(folder, name)}; skipped it: ${error}`, 'SafelightQueue');
    return undefined;
  };
  const nameOf = (id: string): string => `item-${id}.json`;
  const paths = new Map<string, string>();
  const keep = (item: StoredItem): Promise<void> => write(nameOf(item.id), { ...item, path: paths.get(item.id) });
  const found = await read<{ readonly id: string }>(QUEUE);
  const queueId = found?.id ?? randomId();
  if (!found) await write(QUEUE, { id: queueId });
  return {
    queueId,
    async load() {
      const names = (await readdir(folder)).filter((name) => /^item-\w+\.json$/.test(name));
      const items: StoredItem[] = [];
      for (const name of names) {
        const { path, ...item } = (await read<ItemOnDisk>(name).catch((error) => damaged(name, error))) ?? {};
        if (!('id' in item)) continue;
        if (path !== undefined) paths.set(item.id, path);
        items.push(item);
      }
      return items.sort((a, b) => a.place - b.place);
    },
    get: (id) => read<StoredItem>(nameOf(id)),
    async add(item, file) {
      if (isLocalFile(file)) paths.set(item.id, file.path);
      const kept = { ...item, hasFile: paths.has(item.id) };
      await keep(kept);
      return kept;
    },
    put: keep,
    async file({ id, size, lastModified }) {
      const path = paths.get(id);
      if (path === undefined) return undefined;
      const file = await openFile(path).catch(() => undefined);
      return file?.size === size && file.lastModified === lastModified ? file : undefined;
    },
    async remove(id) {
      paths.delete(id);
      await rm(join(folder, nameOf(id)), { force: true });
    },
    close: () => undefined,
  };
}
