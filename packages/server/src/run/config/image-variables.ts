import { eachType, MAX_PIXELS, type MaxPixels, MEDIA_TYPES, type MediaType } from '../../domain/image/media-type.ts';
import { expected, integer, oneOf, variable } from './variable.ts';

/** Ten years. */
const MAX_TRASH_DAYS = 3_650;

const MEGAPIXEL = 1_000_000;

const nameOf = (type: MediaType): string => type.slice('image/'.length);
const megapixels = (pixels: number): string => `${pixels / MEGAPIXEL}`;

/** What decoders can do, in the form of the variable. */
const MOST_MEGAPIXELS = MEDIA_TYPES.map((type) => `${nameOf(type)}=${megapixels(MAX_PIXELS[type])}`).join(', ');

const NAMES = MEDIA_TYPES.map(nameOf).join(', ');
const FORM = `megapixels for all formats, as 50, or for some, as jpeg=100,avif=8.5: numbers over 0 with up to 6 decimals, for ${NAMES}`;

/** How images are verified, read and trashed. */
export const IMAGE_VARIABLES = {
  finalizeOnRead: variable({
    name: 'FINALIZE_ON_READ',
    group: 's3',
    default: '',
    about:
      '`on`: a list first checks whether pending uploads have arrived; or `off`. Unset: on with S3; on disk the service sees every upload.',
    parse: (given) => (given === '' ? null : oneOf('on', 'off')(given) === 'on'),
  }),
  bytes: variable({
    name: 'BYTES',
    group: 's3',
    default: 'stream',
    about: '`stream`: the service sends the bytes; `redirect`: it redirects clients to a presigned URL of the store.',
    parse: oneOf('stream', 'redirect'),
  }),
  maxPixels: variable({
    name: 'MAX_MEGAPIXELS',
    group: 'limits',
    default: '',
    about: `The most pixels of a new upload, in millions: one number for all formats, as \`50\`, or one for each that is to have less, as \`jpeg=100,avif=8.5\`. A number of a format may not be over what its decoder can do; a number for all lowers only those that can do more. Images that are ready stay so. A JPEG of 200 megapixels has up to 100 MB: MAX_UPLOAD_BYTES. Unset: \`${MOST_MEGAPIXELS}\`.`,
    parse: parseMegapixels,
  }),
  decodesHeic: variable({
    name: 'DECODE_HEIC',
    group: 'limits',
    default: 'on',
    about:
      '`on`: HEIC is accepted if the optional package libheif-js is installed (HEVC is patented in some countries: docs/running.md); `off`: it is refused, and renditions are made from working copies only.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  workingCopies: variable({
    name: 'WORKING_COPIES',
    group: 'limits',
    default: 'on',
    about:
      '`on`: a large image gets a smaller copy in the store, from which small renditions are made quickly; `off`: none is made or used.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  trashDays: variable({
    name: 'TRASH_DAYS',
    group: 'limits',
    default: '30',
    about:
      'Days until a trashed image is deleted for good, for images trashed from now on; 0: no trash, its routes answer 404.',
    parse: integer(0, MAX_TRASH_DAYS),
  }),
} as const;

/**
 * A number for all lowers the formats that may have more. Errors: `Expected`, also for more than a format's decoder can
 * do.
 */
function parseMegapixels(given: string): MaxPixels {
  if (given === '') return MAX_PIXELS;
  return given.includes('=') ? forSome(given) : forAll(given);
}

function forAll(given: string): MaxPixels {
  const pixels = pixelsIn(given);
  const most = Math.max(...Object.values(MAX_PIXELS));
  if (pixels > most) return expected(`at most ${megapixels(most)} megapixels, the most that a decoder can do`);
  return eachType((type) => Math.min(pixels, MAX_PIXELS[type]));
}

function forSome(given: string): MaxPixels {
  const named = new Map<MediaType, number>();
  for (const part of given.split(',')) {
    const [name, amount = '', ...rest] = part.split('=').map((one) => one.trim());
    const type = MEDIA_TYPES.find((one) => nameOf(one) === name);
    if (!type || named.has(type) || rest.length > 0) return expected(FORM);
    const pixels = pixelsIn(amount);
    const most = MAX_PIXELS[type];
    if (pixels > most) return expected(`at most ${megapixels(most)} megapixels for ${name}, the limit of its decoder`);
    named.set(type, pixels);
  }
  return eachType((type) => named.get(type) ?? MAX_PIXELS[type]);
}

function pixelsIn(given: string): number {
  const pixels = /^\d{1,6}(\.\d{1,6})?$/.test(given) ? Math.round(Number(given) * MEGAPIXEL) : 0;
  return pixels > 0 ? pixels : expected(FORM);
}
