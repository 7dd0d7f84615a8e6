import { type AcceptedFormats, ALL_ACCEPTED } from '../domain/accepted-formats.ts';
import { AppError } from '../domain/errors.ts';
import { type ReadyImage, renditionFailure } from '../domain/image.ts';
import type { Transform } from '../domain/transform.ts';
import type { Services } from '../services.ts';
import { type PlannedRendition, plannedRendition } from './planned-rendition.ts';

type PresetServices = Pick<Services, 'imaging' | 'settings'>;

/** Errors: `unknown-preset`, with those there are. */
export function presetNamed({ settings: { presets } }: Pick<Services, 'settings'>, name: string): Transform {
  const transform = presets.get(name);
  if (transform) return transform;
  const all = [...presets.keys()].join(', ') || 'no preset, since there is none';
  throw new AppError('unknown-preset', `expected one of ${all}; came ${name}`);
}

/** The preset's rendition for clients that accept these; undefined where the image can't have it, as a part beyond its edge. */
export function presetRendition(
  services: PresetServices,
  image: ReadyImage,
  preset: Transform,
  accepted: AcceptedFormats,
): PlannedRendition | undefined {
  try {
    return plannedRendition(services, image, { kind: 'preset', transform: preset, accepted });
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid-request') return undefined;
    throw error;
  }
}

/** All that it may be, whatever a client accepts. */
export const presetRenditions = (
  services: PresetServices,
  image: ReadyImage,
  preset: Transform,
): PlannedRendition[] => {
  const all = ALL_ACCEPTED.flatMap((accepted) => presetRendition(services, image, preset, accepted) ?? []);
  return [...new Map(all.map((one) => [one.name, one])).values()];
};

/** Why presets were given up on this image, by their names. */
export function failedPresets(services: PresetServices, image: ReadyImage): { readonly [preset: string]: string } {
  if (image.renditionFailures.length === 0) return {};
  const failed = [...services.settings.presets].flatMap(([name, preset]) => {
    const failures = presetRenditions(services, image, preset).flatMap(
      (one) => renditionFailure(image, one.name) ?? [],
    );
    return failures.slice(0, 1).map(({ detail }): [string, string] => [name, detail]);
  });
  return Object.fromEntries(failed);
}
