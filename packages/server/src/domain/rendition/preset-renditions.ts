import { AppError } from '../errors.ts';
import type { ReadyImage } from '../image/image.ts';
import { renditionFailure } from '../image/rendition-failures.ts';
import { type AcceptedFormats, ALL_ACCEPTED } from './accepted-formats.ts';
import { type PlannedRendition, plannedRendition } from './planned-rendition.ts';
import type { Presets } from './presets.ts';
import type { Transform } from './transform.ts';
import type { Watermarks } from './watermarks.ts';

interface PresetQuestion {
  readonly encoder: string;
  readonly watermarks: Pick<Watermarks, 'known'>;
}

/**
 * The preset's rendition for clients with these accepted formats. Undefined if the image can't have it, for example a
 * crop beyond its edge, or if the image of its watermark isn't known.
 */
export function presetRendition(
  image: ReadyImage,
  preset: Transform,
  { accepted, encoder, watermarks }: PresetQuestion & { readonly accepted: AcceptedFormats },
): PlannedRendition | undefined {
  const mark = watermarks.known(preset);
  if (mark === undefined) return undefined;
  try {
    return plannedRendition(image, { kind: 'preset', transform: preset, accepted, encoder, mark });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-request') return undefined;
    throw error;
  }
}

/** All renditions that the preset may have, for any Accept header. */
export const presetRenditions = (
  image: ReadyImage,
  preset: Transform,
  question: PresetQuestion,
): PlannedRendition[] => {
  const all = ALL_ACCEPTED.flatMap((accepted) => presetRendition(image, preset, { accepted, ...question }) ?? []);
  return [...new Map(all.map((one) => [one.name, one])).values()];
};

/** The reasons for which presets were given up on this image, by name. */
export function failedPresets(
  image: ReadyImage,
  { presets, ...question }: PresetQuestion & { readonly presets: Presets },
): { readonly [preset: string]: string } {
  if (image.renditionFailures.length === 0) return {};
  const failed = [...presets].flatMap(([name, preset]) => {
    const failures = presetRenditions(image, preset, question).flatMap(
      (one) => renditionFailure(image, one.name) ?? [],
    );
    return failures.slice(0, 1).map(({ detail }): [string, string] => [name, detail]);
  });
  return Object.fromEntries(failed);
}
