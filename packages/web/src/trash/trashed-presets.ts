import type { Picture } from '../library/library.ts';
import { type Rendition, wholeRenditions } from '../viewer/renditions.ts';

type Presets = Readonly<Record<string, string>>;
type Sized = Pick<Picture, 'width' | 'height'>;

/** The longer side of a tile's picture, in pixels, about. */
const TILE = 240;

/** The presets that show the whole picture, the smallest first. The JSON of a picture in the trash names none. */
export const trashedPresets = (picture: Sized, presets: Presets): readonly string[] =>
  renditionsOf(picture, presets).map(({ preset }) => preset);

/** For a tile: mostly the thumbnail, which is stored; others may have to be made for each request. */
export function tilePreset(picture: Sized, presets: Presets): string | undefined {
  const all = renditionsOf(picture, presets);
  return (all.find(({ width, height }) => Math.max(width, height) >= TILE) ?? all.at(-1))?.preset;
}

const renditionsOf = ({ width, height }: Sized, presets: Presets): readonly Rendition[] =>
  wholeRenditions({ width, height, renditions: presets }, presets);
