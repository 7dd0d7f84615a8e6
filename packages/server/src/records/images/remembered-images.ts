import { LRUCache } from 'lru-cache';
import type { ReadyImage } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { READY_COLUMNS, type Row, readyImageOf } from './image-row.ts';

/** A cache of ready images, so that an unchanged record is parsed once. */
export interface RememberedImages {
  /** The last read image; undefined if it isn't cached. */
  find(id: ImageId): ReadyImage | undefined;
  /** The image in a row of `READY_COLUMNS`: the same object as last time while its record is unchanged. */
  imageOf(row: Row): ReadyImage;
  /** Call it while the record is being written. */
  forget(id: ImageId): void;
}

/** About 6,000 usual images, each with the JSON that lists made of it. */
const MAX_BYTES = 16 * 1_048_576;

/** The size of an image without its texts. Each text exists twice, in the image and in that JSON. */
const OBJECT_BYTES = 1_024;
const COPIES = 2;

/** The revision, its time, which tells those of a restored database apart, and the fields that change without one. */
const VERSION = (
  [
    'revision',
    'updated_at',
    'due_at',
    'rendition_failures',
    'object_tag',
    'links',
    'working_copy',
    'filtered_by',
    'albums',
  ] as const
).map((column) => READY_COLUMNS.indexOf(column));

interface Remembered {
  readonly image: ReadyImage;
  readonly version: Row;
}

export function createRememberedImages(): RememberedImages {
  const images = new LRUCache<string, Remembered>({ maxSize: MAX_BYTES });
  return {
    find: (id) => images.get(id)?.image,
    imageOf(row) {
      const known = images.get(String(row[0]));
      if (known && isSame(known, row)) return known.image;
      const image = readyImageOf(row);
      images.set(image.id, { image, version: versionOf(row) }, { size: sizeOf(row) });
      return image;
    },
    forget: (id) => void images.delete(id),
  };
}

const versionOf = (row: Row): Row => VERSION.map((index) => row[index]);

const isSame = ({ version }: Remembered, row: Row): boolean =>
  VERSION.every((index, position) => row[index] === version[position]);

function sizeOf(row: Row): number {
  let textLength = 0;
  for (const cell of row) if (typeof cell === 'string') textLength += cell.length;
  return OBJECT_BYTES + textLength * COPIES;
}
