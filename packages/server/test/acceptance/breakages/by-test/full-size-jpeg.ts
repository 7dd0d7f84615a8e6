import { caughtBy } from '../breakage.ts';

export const FULL_SIZE_JPEG = [
  ...caughtBy('packages/server/src/imaging/render/full-size.test.ts', [
    ['a large JPEG is held for its Huffman tables', 'ENCODINGS', '<= MAX_EASY_PIXELS', '> 0'],
    ['turning counts no coefficients', 'refuseTurned', 'isProgressive ? 1 + COEFFICIENT_BYTES : 1', '1'],
    ['a picture of any size is turned', 'refuseTurned', '<= maxTurnedBytes', '> 0'],
    ['a rendition may have any length', 'refuseBytes', '<= maxRenditionBytes', '> 0'],
    ['an image with alpha counts as CMYK', 'refuseStill', '- (hasAlpha ? 1 : 0) ===', '==='],
    ['CMYK of any size is converted', 'refuseStill', 'isCmyk ? refuseCmyk(size, limits) : ', ''],
    ['a flip counts as needing no memory', 'refuseStill', 'flip || ', ''],
    ['a picture that isn’t turned is refused', 'refuseStill', 'flip || quarter', 'limits'],
  ]),
  ...caughtBy('packages/server/test/renditions/full-size-jpeg.test.ts', [
    ['a JPEG in full size is kept for ever, as presets are', 'fullSizeJpeg', 'free', 'preset'],
  ]),
];
