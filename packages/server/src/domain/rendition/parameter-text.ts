import type { Position, Region } from './transform.ts';

/** How values of one kind are parsed from text and written as text. */
export interface Spelling<Value> {
  /** The noun phrase in docs and errors: "expected ...". */
  readonly values: string;
  readonly jsonType: 'integer' | 'number' | 'string';
  /** Undefined for text that isn't such a value. */
  readonly parse: (text: string) => Value | undefined;
  /** Equal values have one text. '' means no value. */
  readonly write: (value: Value | null) => string;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

const numeral = (value: number | null): string => (value === null ? '' : String(value));

const within = (value: number, { min, max }: Bounds): number | undefined =>
  value >= min && value <= max ? value : undefined;

export const integer = ({ min, max }: Bounds): Spelling<number> => ({
  values: `a whole number from ${min} to ${max}`,
  jsonType: 'integer',
  parse: (text) => (/^\d{1,5}$/.test(text) ? within(Number(text), { min, max }) : undefined),
  write: numeral,
});

/** Two decimals are the finest visible difference, and bound the number of distinct renditions. */
export const decimal = ({ min, max }: Bounds): Spelling<number> => ({
  values: `a number from ${min} to ${max} with at most 2 decimals`,
  jsonType: 'number',
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
  return {
    values: `one of ${[...byText.keys()].filter((text) => [...byMeaning.values()].includes(text)).join(', ')}`,
    jsonType,
    parse: (text) => byText.get(text),
    write: (value) => (value === null ? '' : (byMeaning.get(value) ?? '')),
  };
}

const REGION = /^(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})$/;

export const region: Spelling<Region> = {
  values: 'left,top,width,height in whole pixels, as 0,0,640,480',
  jsonType: 'string',
  parse: (text) => {
    const [, left, top, width, height] = REGION.exec(text)?.map(Number) ?? [];
    if (left === undefined || top === undefined || !width || !height) return undefined;
    return { left, top, width, height };
  },
  write: (area) => (area === null ? '' : `${area.left},${area.top},${area.width},${area.height}`),
};

const HEX = /^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/;

export const color: Spelling<string> = {
  values: '3, 4, 6 or 8 hex digits (RGB, RGBA), as ffcc00',
  jsonType: 'string',
  parse: (text) => {
    const hex = text.toLowerCase();
    if (!HEX.test(hex)) return undefined;
    const full = hex.length < 6 ? hex.replace(/./g, '$&$&') : hex;
    return full.replace(/^(.{6})ff$/, '$1'); // fully opaque: the same as without the last two digits
  },
  write: (hex) => hex ?? '',
};

const FRACTION = String.raw`(0(?:\.\d{1,4})?|1(?:\.0{1,4})?)`;
const POINT = new RegExp(`^${FRACTION},${FRACTION}$`);

export const position: Spelling<Position> = {
  values: 'centre, focal, attention, entropy, or x,y as fractions from 0 to 1 with at most 4 decimals, as 0.25,0.7',
  jsonType: 'string',
  parse: (text) => {
    if (text === 'focal' || text === 'attention' || text === 'entropy') return text;
    if (text === 'centre' || text === 'center') return { x: 0.5, y: 0.5 };
    const [, x, y] = POINT.exec(text)?.map(Number) ?? [];
    return x === undefined || y === undefined ? undefined : { x, y };
  },
  write: (place) => {
    if (place === null || typeof place === 'string') return place ?? '';
    return place.x === 0.5 && place.y === 0.5 ? 'centre' : `${place.x},${place.y}`;
  },
};
