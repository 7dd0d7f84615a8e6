import { join } from 'node:path';
import type { MultipartUploads } from '../multipart.ts';
import type { ObjectReads } from '../object-store.ts';
import { onDisk } from '../staging/file-fault.ts';
import { makeRoot } from './folders.ts';
import { listFiles, listFilesPage } from './list.ts';
import { listUnfinished } from './multipart.ts';
import { bodyOf, headOf, isMatch, openKey, readWhole } from './object.ts';
import { PARTS } from './path.ts';

/** A stream costs more than these bytes. */
const SMALL_BYTES = 262_144;

export interface DiskReads extends ObjectReads {
  readonly multipart: Pick<MultipartUploads, 'list'>;
}

/** Reads the objects of a `DiskObjectStore` beside the process that owns it, whose staged files stay. */
export function createDiskReads(folder: string): DiskReads {
  const root = makeRoot(folder);

  return {
    async get(key, { range, ifMatch } = {}) {
      const object = await onDisk(openKey(root, key));
      if (object && isMatch(object, ifMatch)) {
        const isSmall = range === undefined && object.sizeBytes <= SMALL_BYTES;
        return { ...headOf(object), body: isSmall ? await onDisk(readWhole(object)) : bodyOf(object, range) };
      }
      await object?.[Symbol.asyncDispose]();
      return undefined;
    },

    async head(key) {
      await using object = await onDisk(openKey(root, key));
      return object && headOf(object);
    },

    list: (prefix) => listFiles(root, prefix),
    multipart: { list: (prefix) => listUnfinished(join(root, PARTS), prefix) },
    listPage: (prefix, options) => listFilesPage(root, prefix, options),
  };
}
