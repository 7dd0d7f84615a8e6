import type { Picture } from '../library/library.ts';
import { type Rendition, wholeRenditions } from '../viewer/renditions.ts';

type Presets = Readonly<Record<string, string>>;
type Sized = Pick<Picture, 'width' | 'height'>;

/** The presets that show the whole picture, the smallest first. The JSON of a picture in the trash names none. */
export const trashedPresets = (picture: Sized, presets: Presets): readonly string[] =>
  renditionsOf(picture, presets).map(({ preset }) => preset);

/**
 * The smallest of at least so many pixels, or else the largest: the one that a tile among the photos has, so it is
 * mostly stored.
 */
export function tilePreset(picture: Sized, presets: Presets, pixels: number): string | undefined {
  const all = renditionsOf(picture, presets);
  return (all.find(({ width }) => width >= pixels) ?? all.at(-1))?.preset;
}

const renditionsOf = ({ width, height }: Sized, presets: Presets): readonly Rendition[] =>
  wholeRenditions({ width, height, renditions: presets }, presets);
