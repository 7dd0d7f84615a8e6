import { createReadStream } from 'node:fs';
import { appendFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Month } from '../../domain/lists/months.ts';
import { linesOf } from '../archive/backup/lines.ts';
import type { ExportPath } from './export-lines.ts';

/** What a page shows of a picture. */
export interface ShownPicture {
  readonly path: ExportPath;
  /** What the picture's clock showed, or when it was uploaded: texts sort by time. */
  readonly at: string;
  readonly filename: string;
  readonly description: string | null;
  readonly width: number;
  readonly height: number;
  readonly color: string | null;
  /** Browsers can't show it: people open it in another program. */
  readonly isOpaque: boolean;
}

/** The month in which pictures were taken; those in the trash are together. */
export type Shelf = Month | 'trash';

/** Pictures by user and month in temporary files, because records come in no order, and all don't fit into memory. */
export interface MonthFiles {
  add(folder: string, shelf: Shelf, picture: ShownPicture): Promise<void>;
  flush(): Promise<void>;
  /** Those of a user, the last month first. */
  shelves(folder: string): Promise<readonly Shelf[]>;
  /** Pages of a shelf: each in the order of time, and all of them up to `SORTED_PICTURES`. */
  pages(folder: string, shelf: Shelf, size: number): AsyncGenerator<readonly ShownPicture[]>;
}

const MAX_WAITING = 2_000;
/** About 30 MB. */
const SORTED_PICTURES = 50_000;

export function createMonthFiles(root: string): MonthFiles {
  let waiting = new Map<string, string[]>();
  let count = 0;
  /** One after the other: pictures come from several copies at once. */
  let written = Promise.resolve();

  const pathOf = (folder: string, shelf: Shelf): string => join(root, folder, `${shelf}.ndjson`);

  const write = (): Promise<void> => {
    const [lines, folders] = [waiting, new Set([...waiting.keys()].map((path) => join(path, '..')))];
    [waiting, count] = [new Map(), 0];
    written = written.then(async () => {
      for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const [path, added] of lines) await appendFile(path, added.join(''), { mode: 0o600 });
    });
    return written;
  };

  return {
    async add(folder, shelf, picture) {
      const path = pathOf(folder, shelf);
      const line = `${JSON.stringify(picture)}\n`;
      const known = waiting.get(path);
      if (known) known.push(line);
      else waiting.set(path, [line]);
      count += 1;
      if (count >= MAX_WAITING) await write();
    },

    flush: write,

    async shelves(folder) {
      const names = await readdir(join(root, folder));
      return names
        .map((name) => name.replace('.ndjson', '') as Shelf)
        .toSorted((one, other) => rank(other) - rank(one));
    },

    async *pages(folder, shelf, size) {
      let some: ShownPicture[] = [];
      for await (const { text } of linesOf(createReadStream(pathOf(folder, shelf)))) {
        some.push(JSON.parse(text));
        if (some.length < SORTED_PICTURES) continue;
        yield* pagesOf(some, size);
        some = [];
      }
      yield* pagesOf(some, size);
    },
  };
}

const rank = (shelf: Shelf): number => (shelf === 'trash' ? -1 : Number(shelf.replace('-', '')));

function* pagesOf(pictures: readonly ShownPicture[], size: number): Generator<readonly ShownPicture[]> {
  const sorted = pictures.toSorted((one, other) => (one.at < other.at ? -1 : 1));
  for (let start = 0; start < sorted.length; start += size) yield sorted.slice(start, start + size);
}
