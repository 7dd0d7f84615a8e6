import { breakagesFor } from '../breakage.ts';

const PICTURES = 'server/src/imaging/render/full-size.test.ts';
const MADE = 'server/test/renditions/full-size-jpeg.test.ts';

export const FULL_SIZE_JPEG = [
  ...breakagesFor({ file: 'server/src/imaging/render/encodings.ts', test: PICTURES }, [
    [
      'a large JPEG is held for its Huffman tables',
      'optimiseCoding: pixels <= MAX_EASY_PIXELS',
      'optimiseCoding: pixels > 0',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/imaging/limits.ts', test: PICTURES }, [
    ['turning counts no coefficients', 'isProgressive ? 1 + COEFFICIENT_BYTES : 1)', '1)'],
    [
      'a picture of any size is turned',
      'if (bytes <= maxTurnedBytes) return undefined;',
      'if (bytes > 0) return undefined;',
    ],
    ['a rendition may have any length', 'bytes <= maxRenditionBytes', 'bytes > 0'],
  ]),
  ...breakagesFor({ file: 'server/src/imaging/render/render.ts', test: PICTURES }, [
    ['an image with alpha counts as CMYK', 'channels - (hasAlpha ? 1 : 0)', 'channels'],
    ['CMYK of any size is converted', 'isCmyk ? refuseCmyk(size, limits) : undefined', 'undefined'],
    ['a flip counts as needing no memory', 'flip || quarter ?', 'quarter ?'],
    ['a picture that isn’t turned is refused', 'flip || quarter ?', 'limits ?'],
  ]),
  ...breakagesFor({ file: 'server/src/domain/rendition/full-size-jpeg.ts', test: MADE }, [
    ['a JPEG in full size is kept for ever, as presets are', "kind: 'free'", "kind: 'preset'"],
  ]),
  ...breakagesFor({ file: 'server/src/operations/renditions/create-full-size-download.ts', test: MADE }, [
    ['a URL leads to a JPEG that another process removed', 'services.renditions.forget([planned.key]);', ''],
  ]),
];
