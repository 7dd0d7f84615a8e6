import { requestedBox } from './requested-box.ts';
import { MAX_RESULT_SIDE, type Padding, type Transform } from './transform.ts';

/** A parameter that contradicts others, with its error. */
export interface Contradiction {
  readonly name: string;
  readonly detail: string;
}

/** Contradictions among parameters that are valid one by one. A parameter with its default value counts as absent. */
export const contradictionsOf = (asked: Transform): readonly Contradiction[] =>
  Object.entries(RULES).flatMap(([name, rule]) => {
    const detail = rule(asked);
    return detail === undefined ? [] : [{ name, detail }];
  });

/** By the name of the reported parameter. */
const RULES: Readonly<Record<string, (asked: Transform) => string | undefined>> = {
  w: (asked) => tooLong(asked.width, asked.dpr, requestedBox(asked).width),

  h: (asked) => tooLong(asked.height, asked.dpr, requestedBox(asked).height),

  fit: ({ fit, width, height }) => {
    if (fit === 'inside' || (width !== null && height !== null)) return undefined;
    return `expected both w and h with ${fit}; got ${width === null ? (height === null ? 'neither' : 'only h') : 'only w'}`;
  },

  position: ({ fit, position }) => {
    if (typeof position === 'string')
      return fit === 'cover' ? undefined : `expected ${position} with fit=cover; got fit=${fit}`;
    const isCentre = position.x === 0.5 && position.y === 0.5;
    return fit !== 'inside' || isCentre ? undefined : 'expected a point with fit=cover or fit=pad; got fit=inside';
  },

  q: ({ quality, format }) =>
    quality !== null && format === 'png'
      ? `expected no q with format=png, which is lossless; got ${quality}`
      : undefined,

  dpr: ({ dpr, width, height, padding, radius }) =>
    dpr !== 1 && width === null && height === null && !isPadded(padding) && (radius === null || radius === 'circle')
      ? `expected w, h, padding or radius to multiply; got dpr=${dpr} alone`
      : undefined,

  enlarge: ({ enlarge, width, height }) =>
    enlarge && width === null && height === null ? 'expected w or h with enlarge=1; got neither' : undefined,

  gray: ({ gray, saturation }) =>
    gray && saturation !== 0 ? 'expected one of gray and saturation; got both' : undefined,

  tint: ({ tint, gray, saturation }) => {
    if (tint === null || (!gray && saturation === 0)) return undefined;
    return `expected one of tint and ${gray ? 'gray' : 'saturation'}; got both`;
  },

  sharpen: ({ sharpen, blur }) =>
    sharpen !== null && blur !== null ? 'expected one of blur and sharpen; got both' : undefined,
};

const isPadded = (padding: Padding): boolean => Object.values(padding).some((side) => side > 0);

const tooLong = (side: number | null, dpr: number, multiplied: number | null): string | undefined =>
  multiplied !== null && multiplied > MAX_RESULT_SIDE
    ? `expected at most ${MAX_RESULT_SIDE} pixels after dpr; got ${side} times ${dpr}`
    : undefined;
