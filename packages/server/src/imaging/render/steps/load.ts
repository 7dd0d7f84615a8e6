import type { Sharp } from 'sharp';
import type { Recipe } from '../../../domain/rendition/recipe.ts';
import type { RenderSource } from '../../imaging.ts';
import type { Limits } from '../../limits.ts';
import { type Opening, openPicture, type Readable } from '../../open-picture.ts';
import type { Header } from '../../pixels.ts';
import type { Picture } from '../picture.ts';
import { asSeen, turnedSize } from '../turn.ts';

export interface Loading {
  readonly source: RenderSource;
  /** The file of the source. */
  readonly file: Readable;
  readonly header: Header;
  readonly limits: Limits;
}

/** Selects the recipe's frame, or all frames. Nothing is decoded yet. */
export function load({ source, file, header, limits }: Loading, { page, format }: Recipe): Picture {
  const image = openPicture(file, { limits, failOn: header.failOn, ...pagesOf(page, header) });
  const turn = asSeen(header.orientation);
  return {
    image: inSrgb(image, header),
    size: turnedSize(header, turn),
    frames: page === null ? header.frames : 1,
    timing: page === null ? header.timing : null,
    turn,
    pixels: header.pixels,
    hasAlpha: header.hasAlpha,
    needsSettling: header.pixels === 'cmyk-without-profile',
    format,
    mayShrinkOnLoad: !(source.copy && source.contentType === 'image/webp'),
    mayBeTagged: header.orientation !== 1 || header.frames > 1, // an animation has no orientation, but its tag may exist
  };
}

/** An AVIF of several pictures counts as one: libvips knows the primary one. */
function pagesOf(page: number | null, { frames }: Header): Pick<Opening, 'page' | 'pages'> {
  if (page === null) return { pages: -1 };
  return frames > 1 ? { page, pages: 1 } : { pages: 1 };
}

/** sharp converts by the file's profile, or assumes sRGB, except in these cases. */
function inSrgb(image: Sharp, { pixels }: Header): Sharp {
  switch (pixels) {
    case 'deep-rgb-with-profile':
      return image.withIccProfile('srgb', { attach: false }); // by default sharp makes Display P3 and treats it as sRGB
    case 'cmyk-without-profile':
      return image.pipelineColorspace('cmyk'); // then libvips converts the result to sRGB, like its command
    case 'rgb':
    case 'other':
      return image;
  }
}
