import { eachType } from '../../domain/image/media-type.ts';
import { UNCHANGED, type Watermark } from '../../domain/rendition/recipe.ts';
import { MAX_MARK_PIXELS } from '../../domain/rendition/watermark.ts';
import type { RenderSource } from '../imaging.ts';
import { type Limits, refuseExtent } from '../limits.ts';
import { readable } from '../open-picture.ts';
import { readHeader, unlessUnreadable } from '../pixels.ts';
import { type Pixels, toPixels } from './picture.ts';
import { shape } from './pipeline.ts';
import { load } from './steps/load.ts';

/**
 * The image of a watermark in its size on the result, of an animation the first frame; undefined if it can't be
 * decoded, or is larger than a mark may be. Errors: `Error` if the job has no such file; the system's.
 */
export async function readMark(
  { marks = [] }: RenderSource,
  { sha256, size }: Watermark,
  limits: Limits,
): Promise<Pixels | undefined> {
  const source = marks.find((mark) => mark.sha256 === sha256);
  if (!source) throw new Error(`expected a file with the hash of the watermark; got ${marks.length} others`);
  const { path, contentType } = source;
  const ofMark = {
    ...limits,
    maxPixels: eachType((type) => Math.min(limits.maxPixels[type], MAX_MARK_PIXELS)),
  };
  if (ofMark.maxPixels[contentType] === 0) return undefined;
  return unlessUnreadable(async () => {
    const file = await readable(path, contentType, ofMark);
    const header = await readHeader(file);
    if (header?.type !== contentType || refuseExtent(contentType, header, ofMark)) return undefined;
    const recipe = { ...UNCHANGED, scaled: size, format: 'png', quality: null } as const;
    return toPixels(await shape(load({ source, file, header, limits: ofMark }, recipe), recipe));
  });
}
