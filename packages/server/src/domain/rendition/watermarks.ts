import { truncated } from '../../text/preview.ts';
import { AppError, invalidField } from '../errors.ts';
import type { Image } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import type { Transform } from './transform.ts';
import { MAX_MARK_BYTES, MAX_MARK_PIXELS, type Mark } from './watermark.ts';

/** The images of WATERMARKS, by their names. */
export type WatermarkImages = ReadonlyMap<string, ImageId>;

/** The images that transforms name as watermarks, as far as they are usable now. */
export interface Watermarks {
  /**
   * The image of the transform's watermark; null: it has none. Errors: `invalid-request` if there is no such name,
   * `rendition-failed` if its image isn't usable, those of a read.
   */
  require(transform: Transform): Promise<Mark | null>;

  /** `require`; undefined if there is no such name or its image isn't usable. Errors: those of a read. */
  find(transform: Transform): Promise<Mark | null | undefined>;

  /** What the last look-up found, at once; undefined if there was none, too. */
  known(transform: Transform): Mark | null | undefined;
}

export interface WatermarksOptions {
  readonly images: WatermarkImages;
  readonly read: (id: ImageId) => Promise<Image | undefined>;
  readonly clock: { elapsedMs(): number };
  /** Called with a sentence for the operator, once for each look-up that finds no usable image. */
  readonly warn: (sentence: string) => void;
}

/** For so long a process uses what it read of an image; each name costs at most one look-up in this time. */
const MAX_AGE_MS = 10_000;

export function createWatermarks({ images, read, clock, warn }: WatermarksOptions): Watermarks {
  const latest = new Map<string, LookUp>();

  const lookUp = async (name: string, id: ImageId): Promise<Mark | undefined> => {
    const found = markIn(await read(id));
    if (typeof found !== 'string') return found;
    warn(`Watermark ${name} is not usable, so its renditions fail: expected ${USABLE} as image ${id}; got ${found}.`);
    return undefined;
  };

  const markNamed = (name: string, id: ImageId): Promise<Mark | undefined> => {
    const readMs = clock.elapsedMs();
    const known = latest.get(name);
    if (known && readMs - known.readMs < MAX_AGE_MS) return known.mark;
    const own: LookUp = { readMs, mark: lookUp(name, id), found: known?.found };
    latest.set(name, own);
    own.mark.then(
      (mark) => {
        own.found = mark;
      },
      () => {
        if (latest.get(name) === own) latest.delete(name); // errors aren't kept
      },
    );
    return own.mark;
  };

  const find: Watermarks['find'] = async ({ watermark }) => {
    if (watermark === null) return null;
    const id = images.get(watermark);
    return id && markNamed(watermark, id);
  };

  return {
    find,

    async require(transform) {
      const { watermark } = transform;
      const mark = await find(transform);
      if (mark !== undefined || watermark === null) return mark ?? null;
      if (!images.has(watermark)) throw unknownWatermark(watermark, images);
      throw unusableWatermark(watermark);
    },

    known: ({ watermark }) => (watermark === null ? null : latest.get(watermark)?.found),
  };
}

interface LookUp {
  readonly readMs: number;
  readonly mark: Promise<Mark | undefined>;
  /** Once it is there; before that what the former look-up found. */
  found: Mark | undefined;
}

const count = (value: number): string => value.toLocaleString('en-US');

const USABLE = `a ready image of at most ${count(MAX_MARK_PIXELS)} pixels and ${count(MAX_MARK_BYTES)} bytes`;

/** The mark, or a noun phrase: why the image can't be one. */
function markIn(image: Image | undefined): Mark | string {
  if (image?.status !== 'ready') return image ? `one that is ${image.status}` : 'none';
  const { id: imageId, sha256, sizeBytes, width, height } = image;
  if (width * height > MAX_MARK_PIXELS || sizeBytes > MAX_MARK_BYTES)
    return `one of ${width} x ${height} pixels and ${count(sizeBytes)} bytes`;
  return { imageId, sha256, sizeBytes, width, height };
}

const unknownWatermark = (name: string, images: WatermarkImages): AppError => {
  const all = [...images.keys()].join(', ');
  const expected = all === '' ? 'no watermark, since the service has none' : `one of ${all}`;
  return invalidField('?watermark', `expected ${expected}; got ${truncated(name)}`);
};

/** Without the id of the image, which may belong to anybody. */
const unusableWatermark = (name: string): AppError =>
  new AppError('rendition-failed', `expected a ready image as watermark ${name}; got none: an operator can set it`);
