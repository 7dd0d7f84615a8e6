import { MAX_RESULT_SIDE, type Padding, type Point, type Position, type Region } from './transform.ts';

/** How values of one kind are parsed from text and written as text. */
export interface Spelling<Value> {
  /** The noun phrase in docs and errors: "expected ...". */
  readonly values: string;
  /** The values in JSON, as JSON Schema. */
  readonly schema: ValueSchema;
  /** Undefined for text that isn't such a value. */
  readonly parse: (text: string) => Value | undefined;
  /** Equal values have one text. '' means no value. */
  readonly write: (value: Value | null) => string;
}

type ValueSchema =
  | { readonly type: 'integer' | 'number'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'integer' | 'string'; readonly enum: readonly (number | string)[] }
  | { readonly type: 'string'; readonly pattern: string };

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const numeral = (value: number | null): string => (value === null ? '' : String(value));

const within = (value: number, { min, max }: Bounds): number | undefined =>
  value >= min && value <= max ? value : undefined;

export const integer = ({ min, max }: Bounds): Spelling<number> => ({
  values: `a whole number from ${min} to ${max}`,
  schema: { type: 'integer', minimum: min, maximum: max },
  parse: (text) => (/^\d{1,8}$/.test(text) ? within(Number(text), { min, max }) : undefined),
  write: numeral,
});

export const signed = ({ min, max }: Bounds): Spelling<number> => ({
  values: `a whole number from ${min} to ${max}`,
  schema: { type: 'integer', minimum: min, maximum: max },
  parse: (text) => (/^-?\d{1,3}$/.test(text) ? within(Number(text) + 0, { min, max }) : undefined), // -0 becomes 0
  write: numeral,
});

/**
 * Two decimals are the finest visible difference, and bound the number of distinct renditions. The schema doesn't have
 * them: `multipleOf: 0.01` refuses 1.1 in validators that divide floats.
 */
export const decimal = ({ min, max }: Bounds): Spelling<number> => ({
  values: `a number from ${min} to ${max} with at most 2 decimals`,
  schema: { type: 'number', minimum: min, maximum: max },
  parse: (text) => (/^\d{1,3}(?:\.\d{1,2})?$/.test(text) ? within(Number(text), { min, max }) : undefined),
  write: numeral,
});

/** Texts and their values. The first of several texts for one value is the canonical one. */
export function oneOf<Value extends string | number>(
  meanings: Readonly<Record<string, Value>>,
  jsonType: 'integer' | 'string' = 'string',
): Spelling<Value> {
  const byText = new Map(Object.entries(meanings));
  const byMeaning = new Map([...byText].reverse().map(([text, value]) => [value, text]));
  const canonical = [...byText.keys()].filter((text) => [...byMeaning.values()].includes(text));
  return {
    values: `one of ${canonical.join(', ')}`,
    schema: { type: jsonType, enum: jsonType === 'integer' ? canonical.map(Number) : canonical },
    parse: (text) => byText.get(text),
    write: (value) => (value === null ? '' : (byMeaning.get(value) ?? '')),
  };
}

export const flag: Spelling<boolean> = {
  values: 'one of 0, 1',
  schema: { type: 'integer', enum: [0, 1] },
  parse: (text) => (text === '1' ? true : text === '0' ? false : undefined),
  write: (value) => (value ? '1' : '0'),
};

const REGION = /^(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})$/;
/**
 * Without a lookahead, which not every generator's regular expressions have. Widths such as `0640` are accepted too.
 */
const REGION_WITHOUT_ZEROS = String.raw`^\d{1,5},\d{1,5},[1-9]\d{0,4},[1-9]\d{0,4}$`;

export const region: Spelling<Region> = {
  values: 'left,top,width,height in whole pixels, as 0,0,640,480',
  schema: { type: 'string', pattern: REGION_WITHOUT_ZEROS },
  parse: (text) => {
    const [, left, top, width, height] = REGION.exec(text)?.map(Number) ?? [];
    if (left === undefined || top === undefined || !width || !height) return undefined;
    return { left, top, width, height };
  },
  write: (area) => (area === null ? '' : `${area.left},${area.top},${area.width},${area.height}`),
};

const LARGEST_RADIUS = MAX_RESULT_SIDE / 2;

export const radius: Spelling<number | 'circle'> = {
  values: `a whole number from 1 to ${LARGEST_RADIUS}, or circle`,
  schema: { type: 'string', pattern: '^(?:circle|[1-9]\\d{0,3})$' },
  parse: (text) => (text === 'circle' ? text : integer({ min: 1, max: LARGEST_RADIUS }).parse(text)),
  write: (value) => (value === null ? '' : String(value)),
};

const SIDES = /^(\d{1,4})(?:,(\d{1,4}),(\d{1,4}),(\d{1,4}))?$/;

export const padding: Spelling<Padding> = {
  values: `pixels on all sides, or top,right,bottom,left, each from 0 to ${MAX_RESULT_SIDE}, as 20 or 10,20,10,20`,
  schema: { type: 'string', pattern: SIDES.source },
  parse: (text) => {
    const [, top, right, bottom, left] = SIDES.exec(text) ?? [];
    if (top === undefined) return undefined;
    const sides = {
      top: Number(top),
      right: Number(right ?? top),
      bottom: Number(bottom ?? top),
      left: Number(left ?? top),
    };
    return Object.values(sides).every((side) => side <= MAX_RESULT_SIDE) ? sides : undefined;
  },
  write: (sides) => {
    if (sides === null) return '';
    const { top, right, bottom, left } = sides;
    return top === right && top === bottom && top === left ? String(top) : `${top},${right},${bottom},${left}`;
  },
};

const HEX = /^(?:[\dA-Fa-f]{3,4}|[\dA-Fa-f]{6}|[\dA-Fa-f]{8})$/;

export const color: Spelling<string> = {
  values: '3, 4, 6 or 8 hex digits (RGB, RGBA), as ffcc00',
  schema: { type: 'string', pattern: HEX.source },
  parse: (text) => {
    if (!HEX.test(text)) return undefined;
    const hex = text.toLowerCase();
    const full = hex.length < 6 ? hex.replace(/./g, '$&$&') : hex;
    return full.replace(/^(.{6})ff$/, '$1'); // fully opaque: the same as without the last two digits
  },
  write: (hex) => hex ?? '',
};

const FRACTION = String.raw`(0(?:\.\d{1,4})?|1(?:\.0{1,4})?)`;
const POINT = new RegExp(`^${FRACTION},${FRACTION}$`);
const FRACTIONS = 'x,y as fractions from 0 to 1 with at most 4 decimals, as 0.25,0.7';

const OPAQUE = /^(?:[\dA-Fa-f]{3}|[\dA-Fa-f]{6})$/;

export const opaqueColor: Spelling<string> = {
  values: '3 or 6 hex digits (RGB), as ffcc00',
  schema: { type: 'string', pattern: OPAQUE.source },
  parse: (text) => (OPAQUE.test(text) ? color.parse(text) : undefined),
  write: (hex) => hex ?? '',
};

export const point: Spelling<Point> = {
  values: `centre, or ${FRACTIONS}`,
  schema: { type: 'string', pattern: `^(?:centre|center|${FRACTION},${FRACTION})$` },
  parse: (text) => {
    if (text === 'centre' || text === 'center') return { x: 0.5, y: 0.5 };
    const [, x, y] = POINT.exec(text)?.map(Number) ?? [];
    return x === undefined || y === undefined ? undefined : { x, y };
  },
  write: (place) => {
    if (place === null) return '';
    return place.x === 0.5 && place.y === 0.5 ? 'centre' : `${place.x},${place.y}`;
  },
};

export const position: Spelling<Position> = {
  values: `centre, focal, attention, entropy, or ${FRACTIONS}`,
  schema: { type: 'string', pattern: `^(?:centre|center|focal|attention|entropy|${FRACTION},${FRACTION})$` },
  parse: (text) => {
    if (text === 'focal' || text === 'attention' || text === 'entropy') return text;
    return point.parse(text);
  },
  write: (place) => (typeof place === 'string' ? place : point.write(place)),
};

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

/** A name that the configuration gives. */
export const configuredName: Spelling<string> = {
  values: 'a name of a-z, 0-9, _ and -, at most 32',
  schema: { type: 'string', pattern: NAME.source },
  parse: (text) => (NAME.test(text) ? text : undefined),
  write: (name) => name ?? '',
};
