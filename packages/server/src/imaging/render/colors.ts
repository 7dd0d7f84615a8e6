import type { Recipe } from '../../domain/rendition/recipe.ts';

/** Channels from 0 to 255, alpha from 0 to 1. */
export interface Color {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly alpha: number;
}

const WHITE: Color = { r: 255, g: 255, b: 255, alpha: 1 };
export const TRANSPARENT: Color = { r: 0, g: 0, b: 0, alpha: 0 };

/** The background behind transparency: always an opaque color for JPEG, which has no alpha. */
export function ground(background: string | null, format: Recipe['format']): Color {
  const color = background === null ? TRANSPARENT : parse(background);
  return format === 'jpeg' ? onWhite(color) : color;
}

export const isOpaque = ({ alpha }: Color): boolean => alpha === 1;

function parse(hex: string): Color {
  const [r = 0, g = 0, b = 0, alpha = 255] = Buffer.from(hex, 'hex');
  return { r, g, b, alpha: alpha / 255 };
}

function onWhite({ r, g, b, alpha }: Color): Color {
  const mixed = (channel: number): number => Math.round(channel * alpha + 255 * (1 - alpha));
  return { ...WHITE, r: mixed(r), g: mixed(g), b: mixed(b) };
}
