import { type ImageId, parseImageId } from '../../../domain/image/image-id.ts';
import type { Presets } from '../../../domain/rendition/presets.ts';
import type { WatermarkImages } from '../../../domain/rendition/watermarks.ts';
import type { AuthMethod } from '../access-variables.ts';
import { type ConfigProblem, expected, optionalText, type Read, variable } from '../variable.ts';
import { PRESET_VARIABLES } from './preset-config.ts';

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
  watermarkShared: variable({
    name: 'WATERMARK_SHARED',
    group: 'expert',
    default: '',
    about:
      'A name of WATERMARKS, with AUTH only: share links and public pictures show presets with this watermark (a preset with a watermark of its own keeps it; none may have `trim`), and links open no originals. Signed URLs show what their owner signed. Unset: they show presets as they are.',
    parse: optionalText,
  }),
} as const;

export interface WatermarkConfig {
  readonly watermarks: WatermarkImages;
  /** The watermark of what share links and public pictures show; null: none. */
  readonly watermarkShared: string | null;
}

interface Judged {
  readonly presets: Presets;
  readonly auth: readonly AuthMethod[];
}

/** `problems`: nothing is judged by watermarks that are wrong themselves. */
export function readWatermarks(read: Read, { presets, auth }: Judged, problems: ConfigProblem[]): WatermarkConfig {
  const watermarks = read(WATERMARK_VARIABLES.watermarks);
  const watermarkShared = read(WATERMARK_VARIABLES.watermarkShared);
  const config = { watermarks, watermarkShared };
  if (problems.some(({ name }) => name === WATERMARK_VARIABLES.watermarks.name)) return config;
  const names = [...watermarks.keys()].join(', ') || 'none';
  const { name } = WATERMARK_VARIABLES.watermarkShared;
  if (watermarkShared !== null && !watermarks.has(watermarkShared))
    problems.push({ name, detail: `expected one of WATERMARKS (${names}); got ${watermarkShared}` });
  else if (watermarkShared !== null && auth.length === 0)
    problems.push({
      name,
      detail: `expected AUTH, since without it everybody reads originals; got ${watermarkShared}`,
    });
  for (const [preset, { watermark, trim }] of presets) {
    if (watermarkShared !== null && trim !== null) {
      const detail = `expected no trim in ${preset}, which can't get the watermark of WATERMARK_SHARED`;
      problems.push({ name: PRESET_VARIABLES.presets.name, detail });
    }
    if (watermark === null || watermarks.has(watermark)) continue;
    const detail = `expected ${preset}'s watermark to be one of WATERMARKS (${names}); got ${watermark}`;
    problems.push({ name: PRESET_VARIABLES.presets.name, detail });
  }
  return config;
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
