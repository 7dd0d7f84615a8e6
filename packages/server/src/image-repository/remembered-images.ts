import { LRUCache } from 'lru-cache';
import type { ReadyImage } from '../domain/image.ts';
import type { ImageId } from '../domain/image-id.ts';
import type { Row } from '../sqlite/rows.ts';
import { READY_COLUMNS, readyImageOf } from './image-row.ts';

/** Ready images that were read, so that a record which hasn't changed is parsed once. */
export interface RememberedImages {
  /** As it was last read; undefined when it wasn't, or was forgotten. */
  find(id: ImageId): ReadyImage | undefined;
  /** The image in a row of `READY_COLUMNS`: the very object of last time while its record is the same. */
  imageOf(row: Row): ReadyImage;
  /** To be called while the record is written. */
  forget(id: ImageId): void;
}

/** About 6,000 usual images, each with the JSON that lists made of it. */
const MAX_BYTES = 16 * 1_048_576;

/** Of an image without its texts; each text is there twice, in the image and in that JSON. */
const OBJECT_BYTES = 1_024;
const COPIES = 2;

const REVISION = READY_COLUMNS.indexOf('revision');
/** What changes without a revision. */
const DUE_AT = READY_COLUMNS.indexOf('due_at');
const FAILURES = READY_COLUMNS.indexOf('rendition_failures');

interface Remembered {
  readonly image: ReadyImage;
  readonly revision: Row[number] | undefined;
  readonly dueAt: Row[number] | undefined;
  readonly failures: Row[number] | undefined;
}

export function createRememberedImages(): RememberedImages {
  const images = new LRUCache<string, Remembered>({ maxSize: MAX_BYTES });
  return {
    find: (id) => images.get(id)?.image,
    imageOf(row) {
      const known = images.get(String(row[0]));
      if (known && isSame(known, row)) return known.image;
      const image = readyImageOf(row);
      const read = { image, revision: row[REVISION], dueAt: row[DUE_AT], failures: row[FAILURES] };
      images.set(image.id, read, { size: sizeOf(row) });
      return image;
    },
    forget: (id) => void images.delete(id),
  };
}

const isSame = ({ revision, dueAt, failures }: Remembered, row: Row): boolean =>
  revision === row[REVISION] && dueAt === row[DUE_AT] && failures === row[FAILURES];

function sizeOf(row: Row): number {
  let textLength = 0;
  for (const cell of row) if (typeof cell === 'string') textLength += cell.length;
  return OBJECT_BYTES + textLength * COPIES;
}
