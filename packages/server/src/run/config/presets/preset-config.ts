import { DEFAULT_PRESETS, InvalidPresets, type Presets, parsePresets } from '../../../domain/rendition/presets.ts';
import { type ConfigProblem, Expected, flag, integer, MEGABYTE, type Read, variable } from '../variable.ts';

export interface PresetConfig {
  readonly presets: Presets;
  /** Names of presets. */
  readonly eagerPresets: readonly string[];
}

/** Presets and the renditions in memory. */
export const PRESET_VARIABLES = {
  presets: variable({
    name: 'PRESETS',
    group: 'expert',
    default: DEFAULT_PRESETS,
    about:
      'Named renditions, as `name:parameters` separated by spaces; the parameters are those of GET /images/{id}/render. The value replaces the default presets: repeat those that should stay.',
    parse: (given): Presets => {
      try {
        return parsePresets(given);
      } catch (error) {
        throw error instanceof InvalidPresets ? new Expected(error.message) : error;
      }
    },
  }),
  eagerPresets: variable({
    name: 'EAGER_PRESETS',
    group: 'expert',
    default: '',
    about:
      'Presets that are made as soon as an image is ready, comma-separated. Unset: each is made on the first request.',
    parse: (given) => (given === '' ? [] : [...new Set(given.split(',').map((name) => name.trim()))]),
  }),
  presetsOnly: variable({
    name: 'PRESETS_ONLY',
    group: 'expert',
    default: 'false',
    about:
      'true: only presets are rendered, and JPEGs in full size; the service signs no URLs of /images/{id}/render and refuses them.',
    parse: flag,
  }),
  renditionCacheBytes: variable({
    name: 'RENDITION_CACHE_MB',
    group: 'expert',
    default: '32',
    about:
      'Size of the in-memory cache of renditions, in megabytes (renditions over 256 KB are cached from the second request on); 0: no cache.',
    parse: (given) => integer(0, 4_096)(given) * MEGABYTE,
  }),
} as const;

/** `problems`: an eager preset isn't judged by presets that are wrong themselves. */
export function readPresets(read: Read, problems: ConfigProblem[]): PresetConfig {
  const presets = read(PRESET_VARIABLES.presets);
  const arePresetsWrong = problems.some(({ name }) => name === PRESET_VARIABLES.presets.name);
  const eagerPresets = read(PRESET_VARIABLES.eagerPresets);
  const unknown = eagerPresets.filter((name) => !presets.has(name));
  if (unknown.length > 0 && !arePresetsWrong) {
    const detail = `expected names of PRESETS (${[...presets.keys()].join(', ')}), comma-separated; got ${unknown.join(', ')}`;
    problems.push({ name: PRESET_VARIABLES.eagerPresets.name, detail });
  }
  return { presets, eagerPresets };
}
