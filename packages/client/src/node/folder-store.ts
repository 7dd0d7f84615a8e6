import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SafelightError } from '../errors.ts';
import type { QueueStore, StoredItem } from '../queue/queue-store.ts';
import { randomId } from '../upload/hash.ts';
import { isLocalFile, openFile } from './open-file.ts';

/** An item as its JSON file has it: with the path of its file, never its bytes. */
type ItemOnDisk = StoredItem & { readonly path?: string };

const QUEUE = 'queue.json';
const nameOf = (id: string): string => `item-${id}.json`;

/** Keeps a queue in a folder: a JSON file for each item. Errors: `unreadable-file`. */
export async function openFolderStore(folder: string): Promise<QueueStore> {
  const absolute = resolve(folder);
  const paths = new Map<string, string>();
  /** Items whose JSON files can't be read. These files stay as they are, until their items are canceled. */
  const damaged = new Set<string>();

  async function write(name: string, value: unknown): Promise<void> {
    const temporary = join(absolute, `${name}.${randomId()}`);
    try {
      await writeThrough(temporary, JSON.stringify(value));
      await rename(temporary, join(absolute, name)); // a process that is killed leaves the former file or the new one
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw unusable(absolute, cause);
    }
  }

  /** Undefined if there is no such item. */
  async function read(id: string): Promise<StoredItem | undefined> {
    const text = await textOf(join(absolute, nameOf(id)));
    if (text === undefined) return undefined;
    const { path, ...item } = JSON.parse(text) as ItemOnDisk;
    if (item.id !== id || !Number.isFinite(item.place)) throw new TypeError(`expected item ${id}; got other JSON`);
    if (path !== undefined) paths.set(id, path);
    damaged.delete(id);
    return item;
  }

  async function readOrReport(id: string): Promise<StoredItem | undefined> {
    try {
      return await read(id);
    } catch (error) {
      damaged.add(id);
      return unreadable(id, join(absolute, nameOf(id)), error);
    }
  }

  async function keep(item: StoredItem): Promise<void> {
    if (!damaged.has(item.id)) await write(nameOf(item.id), { ...item, path: paths.get(item.id) });
  }

  async function openQueue(): Promise<string> {
    await mkdir(absolute, { recursive: true });
    const known = queueIdIn(await textOf(join(absolute, QUEUE)));
    if (known !== undefined) return known;
    const id = randomId();
    await write(QUEUE, { id });
    return id;
  }

  return {
    queueId: await openQueue().catch((error) => {
      throw unusable(absolute, error);
    }),
    isRequired: true,
    async load() {
      const items: StoredItem[] = [];
      const names = await readdir(absolute).catch((error) => {
        throw unusable(absolute, error);
      });
      for (const name of names) {
        const [, id] = /^item-(\w+)\.json$/.exec(name) ?? [];
        const item = id === undefined ? undefined : await readOrReport(id);
        if (item) items.push(item);
      }
      return items.sort((a, b) => a.place - b.place);
    },
    get: readOrReport,
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
      damaged.delete(id);
      await rm(join(absolute, nameOf(id)), { force: true });
    },
    close: () => undefined,
  };
}

/** The bytes are on the disk before this resolves: after a power failure a renamed file could be empty otherwise. */
async function writeThrough(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A damaged file gets another id: the items that the service has granted are continued by the ids of their images. */
function queueIdIn(text = ''): string | undefined {
  try {
    const { id } = JSON.parse(text) as { readonly id?: unknown };
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** A failed item that stands for a damaged JSON file. `hasFile`, so that a retry reads the file again. */
const unreadable = (id: string, path: string, cause: unknown): StoredItem => ({
  id,
  name: nameOf(id),
  size: 0,
  lastModified: 0,
  sha256: undefined,
  hasFile: true,
  description: {},
  place: 0,
  attempt: 1,
  imageId: undefined,
  failure: {
    code: 'unreadable-file',
    detail: `expected an item of the queue; got a damaged file, ${path} (${(cause as Error).message}): cancel the item and add its picture again`,
    status: undefined,
  },
});

const unusable = (folder: string, cause: unknown): SafelightError =>
  cause instanceof SafelightError
    ? cause
    : new SafelightError(
        'unreadable-file',
        `expected a folder that can keep the queue; got an error of ${folder}: ${(cause as Error).message}`,
        { cause },
      );
