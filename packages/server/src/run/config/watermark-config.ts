import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import type { Presets } from '../../domain/rendition/presets.ts';
import type { WatermarkImages } from '../../domain/rendition/watermarks.ts';
import { PRESET_VARIABLES } from './preset-config.ts';
import { type ConfigProblem, expected, type Read, variable } from './variable.ts';

/** Each costs a look-up from time to time. */
const MAX_WATERMARKS = 16;
const WATERMARK = /^([a-z0-9][a-z0-9_-]{0,31}):(.*)$/;
const FORM = 'watermarks as logo:IMAGE_ID, whitespace between, with names of a-z, 0-9, _ and -, at most 32';

export const WATERMARK_VARIABLES = {
  watermarks: variable({
    name: 'WATERMARKS',
    group: 'expert',
    default: '',
    about: `Images of this service that transforms draw onto others (\`watermark=logo\`), as \`name:IMAGE_ID\` separated by spaces, at most ${MAX_WATERMARKS}. Everybody who may sign a transform can see them. Upload a new image and change its id here to replace one.`,
    parse: parseWatermarks,
  }),
} as const;

/** `problems`: presets aren't judged by watermarks that are wrong themselves. */
export function readWatermarks(read: Read, presets: Presets, problems: ConfigProblem[]): WatermarkImages {
  const watermarks = read(WATERMARK_VARIABLES.watermarks);
  if (problems.some(({ name }) => name === WATERMARK_VARIABLES.watermarks.name)) return watermarks;
  for (const [preset, { watermark }] of presets) {
    if (watermark === null || watermarks.has(watermark)) continue;
    const detail = `expected ${preset}'s watermark to be one of WATERMARKS (${[...watermarks.keys()].join(', ')}); got ${watermark}`;
    problems.push({ name: PRESET_VARIABLES.presets.name, detail });
  }
  return watermarks;
}

function parseWatermarks(given: string): WatermarkImages {
  const all = given.split(/\s+/).filter((one) => one !== '');
  if (all.length > MAX_WATERMARKS) return expected(`at most ${MAX_WATERMARKS} watermarks`);
  const watermarks = new Map<string, ImageId>();
  for (const one of all) {
    const [, name, text = ''] = WATERMARK.exec(one) ?? [];
    const id = parseImageId(text);
    if (name === undefined || id === undefined) return expected(FORM);
    if (watermarks.has(name)) return expected(`${FORM}, each only once`);
    watermarks.set(name, id);
  }
  return watermarks;
}
