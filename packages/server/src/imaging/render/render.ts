import { access, constants } from 'node:fs/promises';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import { weightOf } from '../../domain/rendition/rendition-cost.ts';
import type { Size } from '../../domain/rendition/transform.ts';
import type { RenderAnswer, RenderOutput, RenderRefusal, RenderSource } from '../imaging.ts';
import {
  type FrameWork,
  type Limits,
  refuseBytes,
  refuseCmyk,
  refuseExtent,
  refuseFrames,
  refuseTurned,
} from '../limits.ts';
import { readable } from '../open-picture.ts';
import { type Header, readHeader, unlessUnreadable } from '../pixels.ts';
import { finish } from './pipeline.ts';
import { readMark } from './read-mark.ts';
import { createShapes } from './shapes.ts';
import type { Encoded } from './steps/encode.ts';
import { isLarger, scaledSize } from './steps/scale.ts';
import { asAsked, asSeen, turned, turnedSize } from './turn.ts';
import { writeOutput } from './write-output.ts';

export interface RenderJob {
  readonly source: RenderSource;
  readonly outputs: readonly RenderOutput[];
  readonly limits: Limits;
}

/**
 * Repeats the checks of the inspection, because the limits may have been lowered since. The files of the outputs exist,
 * because a decoder can't make any; those that `send` takes aren't written. Throws the system's error if a file can't
 * be read or written.
 */
export async function render(
  { source, outputs, limits }: RenderJob,
  send: (index: number, bytes: Uint8Array) => boolean = () => false,
): Promise<readonly RenderAnswer[]> {
  if (limits.maxPixels[source.contentType] === 0) {
    const detail = `expected an image that is decoded here; got ${source.contentType}, which this service doesn't decode: download the original`;
    return outputs.map(() => refused('unreadable-image', detail));
  }
  const file = await unlessUnreadable(() => readable(source.path, source.contentType, limits));
  const header = file === undefined ? undefined : await readHeader(file);
  if (file === undefined || header === undefined) await access(source.path, constants.R_OK); // otherwise sharp reports a permission error as a broken image
  if (file === undefined || header?.type !== source.contentType || !isExpected(header, source))
    return outputs.map(() => unreadable(source));
  const tooLarge = refuseExtent(source.contentType, header, limits);
  if (tooLarge) return outputs.map(() => refused('too-many-pixels', tooLarge.detail));

  const recipes = outputs.map(({ recipe }) => withPages(recipe, header));
  const shaped = createShapes(recipes, { source, file, header, limits });
  const make = async (recipe: Recipe, { path }: RenderOutput, index: number): Promise<RenderAnswer> => {
    const refusal = refuseRecipe(recipe, header, limits);
    if (refusal) return { outcome: 'refused', refusal };
    const mark = recipe.watermark && (await readMark(source, recipe.watermark, limits));
    if (mark === undefined) return refused('unreadable-image', NO_MARK);
    const encoded = await unlessUnreadable(async () => {
      const { picture, recipe: decided } = await shaped(recipe);
      return finish(picture, decided, mark);
    });
    if (!encoded) return unreadable(source);
    const tooLong = refuseBytes(encoded.bytes.length, limits);
    if (tooLong) return refused('too-many-pixels', tooLong.detail);
    const unreached = refuseUnreached(encoded, recipe);
    if (unreached) return { outcome: 'refused', refusal: unreached };
    if (!send(index, encoded.bytes)) writeOutput(path, encoded.bytes);
    const { contentType, width, height } = encoded;
    return { outcome: 'made', contentType, width, height };
  };

  const all: RenderAnswer[] = [];
  for (const [index, output] of outputs.entries()) all.push(await make(recipes[index] ?? output.recipe, output, index));
  return all;
}

/** Another decoder made the working copy, from bytes that may have taken it over. */
const isExpected = ({ frames, width, height }: Header, { copy }: RenderSource): boolean =>
  copy === undefined || (frames === 1 && width === copy.width && height === copy.height);

/** Only WebP keeps the frames; other formats have one. */
function withPages(recipe: Recipe, { frames }: Header): Recipe {
  const isAnimation = frames > 1 && recipe.format === 'webp';
  return isAnimation ? recipe : { ...recipe, page: recipe.page ?? 0 };
}

/**
 * The canvas and the enlarged picture can be large on every frame of an animation. A padded window can be smaller than
 * the frames that it is cut from.
 */
function refuseRecipe(recipe: Recipe, header: Header, limits: Limits): RenderRefusal | undefined {
  const { page, canvas, crop, format } = recipe;
  const { frames } = header;
  if (format === 'copy' && frames > 1) return { code: 'unreadable-image', detail: NO_COPY };
  const cropped = turnedSize(crop ?? header, asAsked(recipe));
  if (page !== null && page >= frames) return { code: 'no-such-page', detail: noSuchPage(page, frames) };
  if (page !== null) return refuseStill(recipe, header, { size: scaledSize(cropped, recipe), limits });
  const scaled = scaledSize(cropped, recipe);
  const frame = { ...header, ...(canvas && areaOf(canvas) > areaOf(scaled) ? canvas : scaled) };
  const tooLarge =
    (canvas && refuseExtent('image/webp', { ...header, ...canvas }, limits)) ??
    refuseFrames(
      {
        ...frame,
        work: frameWork(recipe, { ...header, isEnlarged: isLarger(scaled, cropped) }),
        weight: weightOf(recipe),
      },
      limits,
    );
  return tooLarge ? { code: 'too-many-pixels', detail: tooLarge.detail } : undefined;
}

/**
 * The rejection of a result of this size. Turning needs the whole picture where the first row comes from the last or
 * from a column.
 */
function refuseStill(
  recipe: Recipe,
  { orientation, channels, hasAlpha, isProgressive }: Header,
  { size, limits }: { readonly size: Size; readonly limits: Limits },
): RenderRefusal | undefined {
  const { flip, quarter } = turned(asSeen(orientation), asAsked(recipe));
  const isCmyk = channels - (hasAlpha ? 1 : 0) === CMYK_CHANNELS;
  const tooLarge =
    (isCmyk ? refuseCmyk(size, limits) : undefined) ??
    (flip || quarter ? refuseTurned({ ...size, channels, isProgressive }, limits) : undefined);
  return tooLarge && { code: 'too-many-pixels', detail: tooLarge.detail };
}

const areaOf = ({ width, height }: Size): number => width * height;

const CMYK_CHANNELS = 4;

/**
 * Frames are held in memory if each is processed individually (`eachFrame`), or if the next step needs their pixels.
 */
function frameWork(recipe: Recipe, { pixels, isEnlarged }: Header & { readonly isEnlarged: boolean }): FrameWork {
  const { rotate, flip, blur, sharpen, window, canvas, background, maxBytes, watermark } = recipe;
  const works: FrameWork[] = [];
  if (isEnlarged) works.push('enlarged');
  if (isRetouched(recipe)) works.push('retouched');
  if (blur !== null) works.push('blurred');
  if (sharpen !== null) works.push('sharpened');
  if (watermark !== null) works.push('sharpened'); // a mark of noise costs an encoder as much
  const [work, ...others] = works;
  if (others.length > 0) return 'several';
  if (work !== undefined) return work;
  if (rotate !== 0 || flip === 'vertical' || flip === 'both') return 'held';
  const isHeld = (window !== null && 'find' in window) || ((canvas ?? background) !== null && pixels !== 'rgb');
  return isHeld || maxBytes !== null ? 'held' : 'none';
}

const isRetouched = ({ pixelate, colors, radius }: Recipe): boolean => (pixelate ?? colors ?? radius) !== null;

/** The rejection of a result that has too many bytes even in the least quality. */
function refuseUnreached({ bytes: { length } }: Encoded, { maxBytes }: Recipe): RenderRefusal | undefined {
  if (maxBytes === null || length <= maxBytes) return undefined;
  return {
    code: 'too-many-bytes',
    detail: `expected at most ${count(maxBytes)} bytes, by max_bytes; got ${count(length)} in the lowest quality: ask for less by w and h, or for more bytes`,
    params: { limit_bytes: maxBytes, got_bytes: length },
  };
}

const count = (value: number): string => value.toLocaleString('en-US');
const NO_MARK = 'expected an image that decodes to its end as the watermark; got damaged data, or an image too large';

const NO_COPY = 'expected a still image to make a working copy of; got an animation';

const noSuchPage = (page: number, frames: number): string =>
  frames === 1
    ? `expected page 0, since the image has no other; got ${page}`
    : `expected a page from 0 to ${frames - 1}, since the image has ${frames}; got ${page}`;

const refused = (code: RenderRefusal['code'], detail: string): RenderAnswer => ({
  outcome: 'refused',
  refusal: { code, detail },
});

const unreadable = ({ contentType }: RenderSource): RenderAnswer =>
  refused('unreadable-image', `expected ${contentType} data that decodes to its end; got damaged data`);
