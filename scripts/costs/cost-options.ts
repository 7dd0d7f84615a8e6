import { parseArgs } from 'node:util';
import { CACHED, DEFAULTS, type Month } from './costs.ts';

export const USAGE =
  'node scripts/node.js scripts/costs.ts --images N --views N [--size BYTES] [--uploads N] [--rendition BYTES] [--renditions N] [--cached 0..1] [--bytes redirect|stream]';

/** More than anyone has; beyond it the sums would lose cents. */
const MOST = 1e12;
const UNITS = { '': 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9 } as const;
type Unit = keyof typeof UNITS;

/** Errors: one sentence for the first option that is missing or wrong. */
export function costOptions(args: readonly string[]): Month {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: text,
      views: text,
      size: text,
      uploads: text,
      rendition: text,
      renditions: text,
      cached: text,
      bytes: text,
    },
  });
  const number = (name: keyof typeof values, otherwise?: number, most = MOST): number => {
    const given = values[name];
    if (given === undefined && otherwise !== undefined) return otherwise;
    const value = Number(given);
    if (given !== undefined && given.trim() !== '' && value >= 0 && value <= most) return value;
    throw new Error(`expected --${name} with a number from 0 to ${most}; got ${given ?? 'none'}`);
  };
  const size = (name: keyof typeof values, otherwise: number): number => {
    const given = values[name];
    if (given === undefined) return otherwise;
    const [, value, unit = ''] = /^(\d+(?:\.\d+)?) ?(B|KB|MB|GB)?$/.exec(given) ?? [];
    const bytes = Number(value) * UNITS[unit as Unit];
    if (value !== undefined && bytes > 0 && bytes <= MOST) return bytes;
    throw new Error(`expected --${name} with a size, as 3MB or 60KB; got ${given}`);
  };
  const { bytes = DEFAULTS.bytes } = values;
  if (bytes !== 'redirect' && bytes !== 'stream') throw new Error(`expected --bytes redirect or stream; got ${bytes}`);
  const images = number('images');
  return {
    images,
    views: number('views'),
    uploads: number('uploads', images / 12),
    size: size('size', DEFAULTS.size),
    rendition: size('rendition', DEFAULTS.rendition),
    renditions: number('renditions', DEFAULTS.renditions, 100),
    cached: number('cached', CACHED[bytes], 1),
    bytes,
  };
}
