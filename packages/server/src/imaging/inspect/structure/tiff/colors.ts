import type { Rejection } from '../../../../domain/image/image.ts';
import { unsound } from '../rejection.ts';
import { type Directory, integersOf, type Tiff } from './directory.ts';
import { isDeflate, isFax, type TiffPicture } from './picture.ts';
import { COMPRESSION, PHOTOMETRIC, photometricName, TAG } from './tags.ts';

/** The pixels that libvips shows in the right colors. */
interface ColorModel {
  readonly name: string;
  /** Without alpha. */
  readonly samples: number;
  readonly depths: readonly number[];
  /** From how many bits a sample on there may be alpha; null: never. */
  readonly alphaFrom: number | null;
}

const GRAY: ColorModel = { name: 'gray', samples: 1, depths: [1, 2, 4, 8, 16], alphaFrom: 8 };

const MODELS: Readonly<Record<number, ColorModel>> = {
  [PHOTOMETRIC.whiteIsZero]: GRAY,
  [PHOTOMETRIC.blackIsZero]: GRAY,
  [PHOTOMETRIC.rgb]: { name: 'RGB', samples: 3, depths: [8, 16], alphaFrom: 8 },
  [PHOTOMETRIC.palette]: { name: 'a palette', samples: 1, depths: [1, 2, 4, 8], alphaFrom: null },
  [PHOTOMETRIC.separated]: { name: 'CMYK', samples: 4, depths: [8, 16], alphaFrom: null },
  [PHOTOMETRIC.yCbCr]: { name: 'YCbCr', samples: 3, depths: [8], alphaFrom: null },
  [PHOTOMETRIC.lab]: { name: 'Lab', samples: 3, depths: [16], alphaFrom: null },
};

/** TIFF 6.0, "ExtraSamples". */
const ALPHA = { associated: 1, unassociated: 2 };

export function refuseColors(tiff: Tiff, { fields }: Directory, picture: TiffPicture): Rejection | undefined {
  const model = MODELS[picture.photometric];
  if (!model) {
    return unsound(
      `expected a TIFF in gray, RGB, CMYK, YCbCr, Lab or of a palette; got ${photometricName(picture.photometric)}: save it as RGB`,
    );
  }
  const { name, depths, samples, alphaFrom } = model;
  if (!depths.includes(picture.bits)) {
    return unsound(`expected ${depths.join(' or ')} bits a sample in a TIFF of ${name}; got ${picture.bits}`);
  }
  const extra = picture.samples - samples;
  if (extra < 0) return unsound(`expected ${samples} samples a pixel in a TIFF of ${name}; got ${picture.samples}`);
  if (extra > 0) {
    const field = fields.get(TAG.extraSamples);
    const meanings = [...((field && integersOf(tiff, field, 16)) ?? [])];
    const isJpegTile = picture.compression === COMPRESSION.jpeg && picture.isTiled; // libvips decodes none with alpha
    const mayHaveAlpha = alphaFrom !== null && picture.bits >= alphaFrom && !isJpegTile;
    const isAlpha = extra === 1 && meanings.length === 1 && Object.values(ALPHA).includes(meanings[0] ?? 0);
    if (!mayHaveAlpha || !isAlpha) {
      return unsound(
        `expected a TIFF of ${name} without further channels${mayHaveAlpha ? ' but transparency' : ''}; got ${extra} more: save it without them`,
      );
    }
  }
  return (
    refusePalette(tiff, { fields }, picture) ?? refuseInks(tiff, { fields }, picture) ?? refuseLayout(picture, name)
  );
}

function refusePalette(
  tiff: Tiff,
  { fields }: Pick<Directory, 'fields'>,
  { photometric, bits }: TiffPicture,
): Rejection | undefined {
  if (photometric !== PHOTOMETRIC.palette) return undefined;
  const field = fields.get(TAG.colorMap);
  const expected = 3 * 2 ** bits;
  const got = (field && integersOf(tiff, field, expected)?.length) ?? 0;
  if (field?.type === 3 && got === expected) return undefined;
  return unsound(`expected ${expected} numbers in the palette of a TIFF; got ${got}`);
}

function refuseInks(
  tiff: Tiff,
  { fields }: Pick<Directory, 'fields'>,
  { photometric }: TiffPicture,
): Rejection | undefined {
  const field = fields.get(TAG.inkSet);
  if (photometric !== PHOTOMETRIC.separated || !field) return undefined;
  const inkSet = integersOf(tiff, field, 1)?.[0];
  return inkSet === 1 ? undefined : unsound('expected the inks of CMYK in a TIFF; got others: save it as CMYK or RGB');
}

/** Combinations that libvips can't decode, or shows in wrong colors. */
function refuseLayout(picture: TiffPicture, name: string): Rejection | undefined {
  const { compression, photometric, bits, samples, isTiled, isPlanar, chroma } = picture;
  const isYCbCr = photometric === PHOTOMETRIC.yCbCr;
  if (isTiled && isPlanar) return unsound('expected the channels of a tiled TIFF together; got one plane for each');
  if (isPlanar && (isYCbCr || bits < 8))
    return unsound(`expected the channels of a TIFF of ${name} together; got planes`);
  if (isFax(compression) && (bits !== 1 || photometric > PHOTOMETRIC.blackIsZero)) {
    return unsound('expected black and white in a TIFF with CCITT compression; got other pixels');
  }
  if (compression === COMPRESSION.jpeg) {
    if (bits === 8 && photometric !== PHOTOMETRIC.palette && samples <= 4) return undefined;
    return unsound('expected 8 bits a sample in a TIFF with JPEG compression; got other pixels');
  }
  if (!isYCbCr) return undefined;
  const isSubsampled = chroma.every((one) => [1, 2, 4].includes(one)) && chroma[0] * chroma[1] > 1;
  const isPlain = compression === COMPRESSION.none || compression === COMPRESSION.lzw || isDeflate(compression);
  if (isSubsampled && isPlain && !isTiled) return undefined;
  return unsound(
    'expected YCbCr in a TIFF with JPEG compression, or subsampled in strips; got another kind: save it as RGB',
  );
}
