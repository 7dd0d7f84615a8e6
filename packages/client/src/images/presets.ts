import type { Image } from './image.ts';

/** The transform of each preset, as the query of docs/transforms.md. */
export type Presets = Readonly<Record<string, string>>;

/** Those of a service that names no others. */
export const DEFAULT_PRESETS: Presets = {
  thumb: 'w=256&h=256',
  tile: 'w=384&h=384',
  small: 'w=512&h=512',
  medium: 'w=1024&h=1024',
  large: 'w=2048&h=2048',
};

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size in pixels of an image's rendition; undefined if the preset or the image's size isn't known. */
export function sizeOf(
  { width, height }: Pick<Image, 'width' | 'height'>,
  transform: string | undefined,
): Size | undefined {
  if (transform === undefined || width === null || height === null) return undefined;
  const parameters = new URLSearchParams(transform);
  const side = (name: string): number => Number(parameters.get(name) ?? Number.POSITIVE_INFINITY);
  const [w, h] = [side('w'), side('h')];
  const fit = Number.isFinite(w + h) ? parameters.get('fit') : 'inside';
  if (fit === 'pad') return { width: w, height: h };
  // The largest part of this shape; nothing is enlarged.
  if (fit === 'cover') return scaled({ width: w, height: h }, Math.min(1, width / w, height / h));
  return scaled({ width, height }, Math.min(1, w / width, h / height));
}

const scaled = ({ width, height }: Size, factor: number): Size => ({
  width: Math.max(1, Math.round(width * factor)),
  height: Math.max(1, Math.round(height * factor)),
});
