import type { Picture } from '../library/library.ts';

export interface Rendition {
  readonly preset: string;
  readonly url: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Parameters of docs/transforms.md that leave the whole picture to be seen, as it is. */
const HARMLESS = new Set(['w', 'h', 'format', 'q', 'dpr']);

/**
 * The presets that show the whole picture, the smallest first: neither cropped nor turned, blurred or padded. Those of
 * equal size and quality are one, as the larger ones of a small picture are.
 */
export function wholeRenditions(
  { width, height, renditions }: Pick<Picture, 'width' | 'height' | 'renditions'>,
  presets: Readonly<Record<string, string>>,
): readonly Rendition[] {
  if (width === null || height === null) return [];
  const all = Object.entries(renditions ?? {})
    .flatMap(([preset, url]) => {
      const parameters = new URLSearchParams(Object.hasOwn(presets, preset) ? presets[preset] : 'unknown=');
      if (![...parameters].every(([name, value]) => HARMLESS.has(name) || (name === 'fit' && value === 'inside')))
        return [];
      const side = (name: string): number =>
        Number(parameters.get(name) ?? Number.POSITIVE_INFINITY) * Number(parameters.get('dpr') ?? 1);
      const scale = Math.min(1, side('w') / width, side('h') / height);
      const scaled = (length: number): number => Math.max(1, Math.round(length * scale));
      const [format, quality] = [parameters.get('format'), parameters.get('q')];
      const size = { width: scaled(width), height: scaled(height) };
      return [{ preset, url, ...size, kind: [size.width, size.height, format, quality].join() }];
    })
    .sort((one, other) => one.width - other.width);
  const kinds = Map.groupBy(all, ({ kind }) => kind);
  return [...kinds.values()].flatMap(([first]) => {
    if (!first) return [];
    const { kind: _, ...rendition } = first;
    return [rendition];
  });
}
