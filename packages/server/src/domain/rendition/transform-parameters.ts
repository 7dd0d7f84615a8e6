import { preview } from '../../text/preview.ts';
import { unknownName } from '../../text/similar-name.ts';
import { invalidFields } from '../errors.ts';
import {
  color,
  configuredName,
  decimal,
  flag,
  integer,
  oneOf,
  opaqueColor,
  padding,
  point,
  position,
  radius,
  region,
  type Spelling,
  signed,
} from './parameter-text.ts';
import {
  LEAST_QUALITY,
  MAX_AVIF_PIXELS,
  MAX_COARSE_QUALITY,
  MAX_ENLARGED_PIXELS,
  MAX_FINE_AVIF_PIXELS,
  MAX_RETOUCHED_PIXELS,
  MAX_SHARPENED_PIXELS,
  MAX_SIZED_PIXELS,
  MAX_TRIMMED_PIXELS,
  MAX_TRIMMED_RESULT_PIXELS,
} from './rendition-cost.ts';
import { type Fit, type Flip, type Format, MAX_RESULT_SIDE, type Rotation, type Transform } from './transform.ts';
import { contradictionsOf } from './transform-contradictions.ts';
import { MAX_MARK_PIXELS } from './watermark.ts';

/** One parameter of a transform: its name, parser, writer and documentation. */
export interface TransformParameter<Value> extends Omit<Spelling<Value>, 'write'> {
  readonly name: string;
  readonly write: (value: Value) => string;
  /** The value if the parameter is absent. The canonical form omits it. */
  readonly default: Value;
  readonly about: string;
  /** A query that demonstrates it; the reference shows its result. */
  readonly example: string;
}

/** The values of changes of color. */
const PERCENT = { min: -100, max: 100 };

const count = (value: number): string => value.toLocaleString('en-US');

type Parameters = { readonly [Field in keyof Transform]: TransformParameter<Transform[Field]> };

/**
 * Every parameter, in the order of the canonical form. Parsing, signing, openapi.json and the reference of transforms
 * read this table.
 */
export const TRANSFORM_PARAMETERS = {
  width: {
    name: 'w',
    ...integer({ min: 1, max: MAX_RESULT_SIDE }),
    default: null,
    about: 'Width in pixels. Without h, the height follows. An image is enlarged only with `enlarge`.',
    example: 'w=320',
  },
  height: {
    name: 'h',
    ...integer({ min: 1, max: MAX_RESULT_SIDE }),
    default: null,
    about: 'Height in pixels. Without w, the width follows.',
    example: 'h=160',
  },
  fit: {
    name: 'fit',
    ...oneOf<Fit>({ inside: 'inside', cover: 'cover', pad: 'pad' }),
    default: 'inside',
    about:
      'How the image fits into w and h. `inside`: the whole image; one side may be shorter. `cover`: the image fills this shape, and the rest is cropped; of a smaller image it is the largest part of this shape. `pad`: the whole image on a canvas of exactly this size.',
    example: 'w=320&h=320&fit=pad&background=2a6f97',
  },
  position: {
    name: 'position',
    ...position,
    default: { x: 0.5, y: 0.5 },
    about:
      'The part that `cover` keeps, and the place where `pad` puts the image. A point is given as fractions of width and height, from the left and the top, after crop, rotate and flip. `focal` is the focal point of the image, which PATCH sets, or the centre if it has none. `attention` keeps the part that catches the eye, `entropy` the part with most detail. Only `cover` takes these three.',
    example: 'w=320&h=160&fit=cover&position=0.5,1',
  },
  crop: {
    name: 'crop',
    ...region,
    default: null,
    about: 'Crops the image, as seen, to this region, before any other step. The region must lie within the image.',
    example: 'w=320&crop=100,50,400,300',
  },
  rotate: {
    name: 'rotate',
    ...oneOf<Rotation>({ 0: 0, 90: 90, 180: 180, 270: 270 }, 'integer'),
    default: 0,
    about: 'Degrees clockwise, in addition to the orientation in the file, which is always applied.',
    example: 'w=320&rotate=90',
  },
  flip: {
    name: 'flip',
    ...oneOf<Flip>({ h: 'horizontal', v: 'vertical', hv: 'both', vh: 'both' }),
    default: 'none',
    about: 'Mirrors the image, after rotating: `h` left and right, `v` top and bottom, `hv` both.',
    example: 'w=320&flip=h',
  },
  format: {
    name: 'format',
    ...oneOf<Format>({ auto: 'auto', jpeg: 'jpeg', png: 'png', webp: 'webp', avif: 'avif', jpg: 'jpeg' }),
    default: 'auto',
    about: `The format of the rendition. \`auto\` follows the Accept header: AVIF for small still images, WebP, else PNG for a PNG or GIF, for images with transparency and with \`radius\` (the canvas of \`pad\` and \`padding\` does not count), else JPEG. Only WebP keeps animations. An AVIF has at most ${count(MAX_AVIF_PIXELS)} pixels, ${count(MAX_FINE_AVIF_PIXELS)} with q over ${MAX_COARSE_QUALITY}.`,
    example: 'w=320&format=webp',
  },
  quality: {
    name: 'q',
    ...integer({ min: 1, max: 100 }),
    default: null,
    about: "Quality of JPEG, WebP or AVIF, from the smallest file to the best image. Without it, the format's default.",
    example: 'w=320&q=10',
  },
  dpr: {
    name: 'dpr',
    ...decimal({ min: 1, max: 4 }),
    default: 1,
    about: 'Multiplies w, h, padding and radius, for screens with more pixels per inch.',
    example: 'w=160&dpr=2',
  },
  blur: {
    name: 'blur',
    ...decimal({ min: 0.3, max: 100 }),
    default: null,
    about: 'Gaussian blur with this standard deviation, in pixels of the result.',
    example: 'w=320&blur=4',
  },
  sharpen: {
    name: 'sharpen',
    ...decimal({ min: 0.1, max: 10 }),
    default: null,
    about: `Unsharp mask with this standard deviation, in pixels of the result, which has at most ${count(MAX_SHARPENED_PIXELS)} pixels.`,
    example: 'w=320&sharpen=2',
  },
  background: {
    name: 'background',
    ...color,
    default: null,
    about:
      'The color behind transparent pixels, and of the canvas of `pad` and `padding`. Without it all are transparent if the format allows it, else white.',
    example: 'w=320&h=240&fit=pad&background=ffcc00',
  },
  page: {
    name: 'page',
    ...integer({ min: 0, max: 4_999 }),
    default: null,
    about: 'Makes a still image of this frame of an animation, counted from 0.',
    example: 'w=320&page=3',
  },
  padding: {
    name: 'padding',
    ...padding,
    default: { top: 0, right: 0, bottom: 0, left: 0 },
    about: `Pixels added around the result, in the color of \`background\`. w and h don't include it. The whole has at most ${MAX_RESULT_SIDE} pixels a side.`,
    example: 'w=280&background=2a6f97&padding=20',
  },
  enlarge: {
    name: 'enlarge',
    ...flag,
    default: false,
    about: `Whether w and h may enlarge the image. Enlarged by \`cover\`, it has at most ${count(MAX_ENLARGED_PIXELS)} pixels before the rest is cropped.`,
    example: 'w=320&crop=820,560,160,120&enlarge=1',
  },
  pixelate: {
    name: 'pixelate',
    ...integer({ min: 2, max: 256 }),
    default: null,
    about: `Fills squares of this side with their mean color, in pixels of the result, which has at most ${count(MAX_RETOUCHED_PIXELS)} pixels.`,
    example: 'w=320&pixelate=8',
  },
  brightness: {
    name: 'brightness',
    ...signed(PERCENT),
    default: 0,
    about: `Adds this share of white to every color, in percent: at 100 all is white, at -100 black. With any change of color a result has at most ${count(MAX_RETOUCHED_PIXELS)} pixels. Transparency stays as it is.`,
    example: 'w=320&brightness=30',
  },
  contrast: {
    name: 'contrast',
    ...signed(PERCENT),
    default: 0,
    about: 'Moves every color away from a medium gray, in percent: at 100 twice as far, at -100 all is that gray.',
    example: 'w=320&contrast=50',
  },
  saturation: {
    name: 'saturation',
    ...signed(PERCENT),
    default: 0,
    about:
      'The strength of colors, in percent: at 100 twice as strong, at -100 all is gray. Applied before brightness and contrast.',
    example: 'w=320&saturation=80',
  },
  gray: {
    name: 'gray',
    ...flag,
    default: false,
    about: 'Whether the image becomes gray, of the lightness that its colors have.',
    example: 'w=320&gray=1',
  },
  tint: {
    name: 'tint',
    ...opaqueColor,
    default: null,
    about: 'Gives all pixels the hue and the strength of this color, and leaves them their lightness.',
    example: 'w=320&tint=a0703c',
  },
  radius: {
    name: 'radius',
    ...radius,
    default: null,
    about: `Rounds the corners of the result, with its padding: by this radius in pixels, at most half of the shorter side, or to an ellipse by \`circle\`. Outside it is transparent if the format allows it, else of the color of \`background\` or white. The result has at most ${count(MAX_RETOUCHED_PIXELS)} pixels.`,
    example: 'w=320&radius=40',
  },
  maxBytes: {
    name: 'max_bytes',
    ...integer({ min: 1_000, max: 10_485_760 }),
    default: null,
    about: `The most bytes of the rendition. A JPEG, WebP or AVIF that is larger is encoded again with a lower quality, not below ${LEAST_QUALITY}; if it is too large even then, the answer is \`rendition-failed\`, with the bytes that it takes. With \`auto\` the format is never PNG: where it would be, it is JPEG, and transparent pixels become \`background\` or white. The result has at most ${count(MAX_SIZED_PIXELS)} pixels (of all frames of an animation ${count(MAX_SIZED_PIXELS * 2)}).`,
    example: 'w=320&max_bytes=4000',
  },
  trim: {
    name: 'trim',
    ...integer({ min: 1, max: 255 }),
    default: null,
    about: `Cuts the border away before any other step: all rows and columns at the edges whose pixels have the color of the upper left pixel, within this difference in red, green, blue and alpha. An image of one color stays whole. Of an animation it makes a still image: of its first frame, or of \`page\`. The image has at most ${count(MAX_TRIMMED_PIXELS)} pixels. How much is cut is known only afterwards, so the limits of a result, ${count(MAX_TRIMMED_RESULT_PIXELS)} pixels here, count what \`w\`, \`h\` and the whole image allow.`,
    example: 'w=320&trim=10',
  },
  watermark: {
    name: 'watermark',
    ...configuredName,
    default: null,
    about: `Draws an image of the service, which WATERMARKS names, onto the result, not onto the canvas of \`pad\`. It has at most ${count(MAX_MARK_PIXELS)} pixels; of an animation the first frame is drawn.`,
    example: 'w=320&watermark=logo',
  },
  watermarkPosition: {
    name: 'watermark_position',
    ...point,
    default: { x: 0.5, y: 0.5 },
    about:
      'The place of the watermark, as fractions of the room beside it, from the left and the top: `1,1` is the lower right corner.',
    example: 'w=320&watermark=logo&watermark_position=0.97,0.95',
  },
  watermarkScale: {
    name: 'watermark_scale',
    ...decimal({ min: 0.01, max: 1 }),
    default: 0.2,
    about:
      'The width of the watermark as a share of the width of the result. The watermark keeps its shape, and is never higher than the result.',
    example: 'w=320&watermark=logo&watermark_scale=0.6',
  },
  watermarkOpacity: {
    name: 'watermark_opacity',
    ...decimal({ min: 0.01, max: 1 }),
    default: 1,
    about: 'How much the watermark covers: less than 1 lets the result show through.',
    example: 'w=320&watermark=logo&watermark_scale=0.6&watermark_opacity=0.4',
  },
  watermarkTiles: {
    name: 'watermark_tiles',
    ...oneOf<0 | 1>({ 0: 0, 1: 1 }, 'integer'),
    default: 0,
    about: '`1` repeats the watermark over the whole result, from its upper left corner, without gaps.',
    example: 'w=320&watermark=logo&watermark_opacity=0.4&watermark_tiles=1',
  },
} as const satisfies Parameters;

const PARAMETERS: Parameters = TRANSFORM_PARAMETERS;
const FIELDS = Object.keys(PARAMETERS) as readonly (keyof Transform)[];
const NAMES = FIELDS.map((field) => PARAMETERS[field].name);
const FIELD_BY_NAME = new Map(FIELDS.map((field) => [PARAMETERS[field].name, field]));

/** The transform without parameters; the table has every field. */
const UNASKED = Object.fromEntries(FIELDS.map((field) => [field, PARAMETERS[field].default])) as unknown as Transform;

/** Enough to correct a request. */
const MAX_ERRORS = 20;

/** Characters; the longest valid value has 32. */
const MAX_VALUE_LENGTH = 64;

/**
 * Parses parameters in any order and spelling. Errors: `invalid-request`, which names by `pointerOf` every parameter
 * that is unknown, repeated, empty, malformed, out of range or contradictory.
 */
export function parseTransform(
  given: Iterable<readonly [name: string, text: string]>,
  pointerOf: (name: string) => string,
): Transform {
  const asked: Draft = { ...UNASKED };
  const wrong: { readonly name: string; readonly detail: string }[] = [];
  for (const [name, texts] of byName(given)) {
    const detail = readParameter(asked, name, texts);
    if (detail !== undefined) wrong.push({ name, detail });
  }
  if (wrong.length === 0) wrong.push(...contradictionsOf(asked));
  if (wrong.length === 0) return asked;

  throw invalidFields(wrong.slice(0, MAX_ERRORS).map(({ name, detail }) => ({ pointer: pointerOf(name), detail })));
}

/** The canonical query: equal transforms have equal text; '' without parameters. */
export const canonicalTransform = (transform: Transform): string =>
  FIELDS.flatMap((field) => textOf(transform, field)).join('&');

type Draft = { -readonly [Field in keyof Transform]: Transform[Field] };

function byName(given: Iterable<readonly [string, string]>): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const [name, text] of given) {
    const before = texts.get(name);
    if (before) before.push(text);
    else texts.set(name, [text]);
  }
  return texts;
}

/** The error of one parameter, if any. */
function readParameter(asked: Draft, name: string, texts: readonly string[]): string | undefined {
  const field = FIELD_BY_NAME.get(name);
  if (!field) return unknownName(name, NAMES);
  const [text = '', ...others] = texts;
  if (others.length > 0) return `expected one value; got ${preview(texts)}`;
  const isRead = text.length <= MAX_VALUE_LENGTH && readField(asked, field, text);
  return isRead ? undefined : `expected ${PARAMETERS[field].values}; got ${preview(text)}`;
}

function readField<Field extends keyof Transform>(asked: Draft, field: Field, text: string): boolean {
  const value = PARAMETERS[field].parse(text);
  if (value === undefined) return false;
  asked[field] = value;
  return true;
}

/** Values consist of letters, digits, points, commas, _ and -, so nothing needs encoding. */
function textOf<Field extends keyof Transform>(transform: Transform, field: Field): string | [] {
  const { name, write, default: unasked }: TransformParameter<Transform[Field]> = PARAMETERS[field];
  const text = write(transform[field]);
  return text === write(unasked) ? [] : `${name}=${text}`;
}
