import { truncated } from '../../text/preview.ts';
import { AppError } from '../errors.ts';
import type { Transform } from './transform.ts';
import { parseTransform } from './transform-parameters.ts';

/** Named transforms. One signature, or the visibility of the image, opens all of them. */
export type Presets = ReadonlyMap<string, Transform>;

/** `message` says what was expected. */
export class InvalidPresets extends Error {}

export const DEFAULT_PRESETS =
  'thumb:w=256&h=256 tile:w=384&h=384 small:w=512&h=512 medium:w=1024&h=1024 large:w=2048&h=2048';

/** The limit of presets: each image lists all of them. */
const MAX_PRESETS = 32;
const PRESET = /^([a-z0-9][a-z0-9_-]{0,31}):(.*)$/;

/** Parses `name:query`, separated by whitespace. Errors: `InvalidPresets`. */
export function parsePresets(text: string): Presets {
  const given = text.split(/\s+/).filter((one) => one !== '');
  if (given.length > MAX_PRESETS) throw invalid(`at most ${MAX_PRESETS}, and these are ${given.length}`);
  const presets = new Map<string, Transform>();
  for (const one of given) {
    const [, name, query] = PRESET.exec(one) ?? [];
    if (name === undefined || query === undefined)
      throw invalid(`with a name of a-z, 0-9, _ and -, at most 32, unlike ${one}`);
    if (presets.has(name)) throw invalid(`${name} only once`);
    presets.set(name, transformOf(name, query));
  }
  return presets;
}

/** Errors: `unknown-preset`, which lists the presets. */
export function presetNamed(presets: Presets, name: string): Transform {
  const transform = presets.get(name);
  if (transform) return transform;
  const all = [...presets.keys()].join(', ') || 'no preset, since there is none';
  throw new AppError('unknown-preset', `expected one of ${all}; got ${truncated(name)}`);
}

/** The presets with this watermark; one that has a watermark of its own keeps it. */
export const withWatermark = (presets: Presets, watermark: string): Presets =>
  new Map([...presets].map(([name, preset]) => [name, preset.watermark === null ? { ...preset, watermark } : preset]));

/** Whether another focal point of an image makes other renditions of it. */
export const dependsOnFocalPoint = (presets: Presets): boolean =>
  presets.values().some(({ position }) => position === 'focal');

function transformOf(name: string, query: string): Transform {
  try {
    return parseTransform(new URLSearchParams(query), (parameter) => `${name}'s ${parameter}`);
  } catch (error) {
    throw error instanceof AppError ? invalid(`but ${error.detail}`) : error;
  }
}

const invalid = (what: string): InvalidPresets =>
  new InvalidPresets(`presets as thumb:w=256&h=256, whitespace between, ${what}`);
