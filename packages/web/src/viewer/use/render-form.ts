import { numberText } from '../../ui/formats.ts';

/** A transform as somebody types it: '' is a parameter that isn't asked for. */
export interface RenderForm {
  readonly w: string;
  readonly h: string;
  readonly fit: Fit;
  readonly position: Position;
  /** Pixels of the picture; undefined: all of it. */
  readonly crop: Crop | undefined;
  readonly format: Format;
  readonly q: string;
}

export interface Crop {
  readonly left: string;
  readonly top: string;
  readonly width: string;
  readonly height: string;
}

export const FITS = { inside: 'Whole picture', cover: 'Fill, and crop', pad: 'Whole, with margins' } as const;
export const POSITIONS = {
  centre: 'The center',
  focal: 'The focal point',
  attention: 'What catches the eye',
} as const;
export const FORMATS = {
  auto: 'Automatic',
  jpeg: 'JPEG',
  webp: 'WebP',
  avif: 'AVIF',
  png: 'PNG',
} as const;

export type Fit = keyof typeof FITS;
export type Position = keyof typeof POSITIONS;
export type Format = keyof typeof FORMATS;

export const FIRST_FORM: RenderForm = {
  w: '800',
  h: '',
  fit: 'inside',
  position: 'centre',
  crop: undefined,
  format: 'auto',
  q: '',
};

interface Size {
  readonly width: number;
  readonly height: number;
}

/** docs/transforms.md: pixels of a side, and of an AVIF, which is halved with a quality over 60. */
const LONGEST_SIDE = 4_096;
const MOST_AVIF_PIXELS = 8_388_608;
const FINE_AVIF_QUALITY = 60;

const isWhole = (text: string, least: number, most: number): boolean =>
  /^\d{1,6}$/.test(text) && Number(text) >= least && Number(text) <= most;

/** Why the service would refuse it, for people. */
export function renderFault(form: RenderForm, picture: Size): string | undefined {
  const { w, h, fit, q, crop, format } = form;
  for (const side of [w, h])
    if (side !== '' && !isWhole(side, 1, LONGEST_SIDE))
      return `Width and height are whole numbers from 1 to ${numberText(LONGEST_SIDE)}.`;
  if (fit !== 'inside' && (w === '' || h === '')) return `“${FITS[fit]}” needs a width and a height.`;
  if (q !== '' && !isWhole(q, 1, 100)) return 'The quality is a whole number from 1 to 100.';
  const fault = crop && cropFault(crop, picture);
  if (fault) return fault;
  const { width, height } = renderedSize(form, picture);
  if (Math.max(width, height) > LONGEST_SIDE)
    return `The result has at most ${numberText(LONGEST_SIDE)} pixels a side. Type a width or a height.`;
  const most = MOST_AVIF_PIXELS / (Number(q) > FINE_AVIF_QUALITY ? 2 : 1);
  if (format === 'avif' && width * height > most)
    return `An AVIF of this quality has at most ${numberText(most)} pixels. Choose a smaller size.`;
  return undefined;
}

function cropFault({ left, top, width, height }: Crop, picture: Size): string | undefined {
  const most = Math.max(picture.width, picture.height);
  const isSound =
    [left, top].every((one) => isWhole(one, 0, most)) && [width, height].every((one) => isWhole(one, 1, most));
  if (!isSound) return 'A crop is of whole pixels.';
  const isWithin = Number(left) + Number(width) <= picture.width && Number(top) + Number(height) <= picture.height;
  return isWithin ? undefined : `The crop must lie within ${picture.width} × ${picture.height} pixels.`;
}

/** The size of the result in pixels. Of a form whose numbers are sound. */
export function renderedSize({ w, h, fit, crop }: RenderForm, picture: Size): Size {
  const source = crop ? { width: Number(crop.width), height: Number(crop.height) } : picture;
  const [x, y] = [w, h].map((side) => (side === '' ? Number.POSITIVE_INFINITY : Number(side)));
  const [most, highest] = [x ?? Number.POSITIVE_INFINITY, y ?? Number.POSITIVE_INFINITY];
  if (fit === 'pad') return { width: most, height: highest };
  const of = (size: Size, scale: number): Size => ({
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  });
  if (fit === 'cover')
    return of({ width: most, height: highest }, Math.min(1, source.width / most, source.height / highest));
  return of(source, Math.min(1, most / source.width, highest / source.height));
}

/** The body of `POST /images/{id}/render-url`. Of a form without a fault. */
export function renderBody({ w, h, fit, position, crop, format, q }: RenderForm): Readonly<Record<string, unknown>> {
  return {
    ...(w !== '' && { w: Number(w) }),
    ...(h !== '' && { h: Number(h) }),
    ...(fit !== 'inside' && { fit }),
    ...(fit === 'cover' && position !== 'centre' && { position }),
    ...(crop && { crop: [crop.left, crop.top, crop.width, crop.height].map(Number).join() }),
    ...(format !== 'auto' && { format }),
    ...(q !== '' && format !== 'png' && { q: Number(q) }),
  };
}

/** The rectangle between two points, which are parts of the sides; each may be beyond an edge. */
export function cropBetween(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  picture: Size,
): Crop {
  const span = (one: number, other: number, length: number): readonly [from: number, size: number] => {
    const pixel = (part: number): number => Math.round(Math.min(1, Math.max(0, part)) * length);
    const from = Math.min(pixel(Math.min(one, other)), length - 1);
    return [from, Math.max(1, pixel(Math.max(one, other)) - from)];
  };
  const [[left, width], [top, height]] = [span(x1, x2, picture.width), span(y1, y2, picture.height)];
  return { left: String(left), top: String(top), width: String(width), height: String(height) };
}
