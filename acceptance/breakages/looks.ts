import { breakagesOf } from './breakage.ts';

const ENCODED = 'encode(picture.image, { quality, pixels: size.width * size.height * frames });';

export const LOOKS = [
  ...breakagesOf('domain/rendition/plan-rendition.ts', [
    [
      'an image is enlarged',
      `const width = Math.min(box.width ?? source.width, source.width);
  const height = Math.min(box.height ?? source.height, source.height);`,
      `const width = box.width ?? source.width * 9;
  const height = box.height ?? source.height * 9;`,
    ],
    ['fit=cover keeps the top left corner', 'Math.round(fraction * whole - part / 2)', '0'],
    ['position applies to the window, not to its center', 'fraction * whole - part / 2', 'fraction * (whole - part)'],
    [
      'fit=pad ignores the vertical position',
      'Math.round(y * (box.height - scaled.height))',
      'Math.round((box.height - scaled.height) / 2)',
    ],
    [
      'crop is ignored',
      'const crop = cropWithin(source, transform.crop);',
      'const crop = cropWithin(source, transform.crop) && null;',
    ],
    ['a crop may exceed the width of the image', 'crop.left + crop.width <= source.width &&', ''],
    ['a result may have any size', 'requireBounded(size);', ''],
    ['page is always the first', '(transform.page ?? 0)', '0'],
    [
      'page in WebP answers the whole animation',
      "format === 'webp' && transform.page === null &&",
      "format === 'webp' &&",
    ],
  ]),
  ...breakagesOf('domain/rendition/requested-box.ts', [
    ['dpr is ignored', '(side * Math.round(dpr * 100)) / 100', 'side'],
    ['dpr is rounded to a whole number', 'Math.round(dpr * 100)', '(Math.round(dpr) * 100)'],
  ]),
  ...breakagesOf('imaging/render/turn.ts', [
    ['orientations 5 and 7 are confused', 'turned(QUARTER, FLOP)', 'turned(ROTATIONS[270], FLOP)'],
    ['rotate=90 turns counterclockwise', '90: QUARTER,', '90: turned(HALF, QUARTER),'],
    [
      'flip is applied before rotate',
      'turned(ROTATIONS[rotate], FLIPS[flip])',
      'turned(FLIPS[flip], ROTATIONS[rotate])',
    ],
    [
      'a crop of an oriented image has a wrong place',
      'top: size.height - left - width, width: height',
      'top: left, width: height',
    ],
  ]),
  ...breakagesOf('imaging/render/steps/load.ts', [
    ['orientation is ignored', 'const turn = asSeen(header.orientation);', 'const turn = asSeen(1);'],
    [
      '16-bit colors of a profile are taken for sRGB',
      "return image.withIccProfile('srgb', { attach: false });",
      'return image;',
    ],
  ]),
  ...breakagesOf('imaging/render/steps/encode.ts', [
    ['renditions keep all metadata', ENCODED, `${ENCODED.slice(0, -1)}.keepMetadata();`],
    ['renditions keep the color profile', ENCODED, `${ENCODED.slice(0, -1)}.keepIccProfile();`],
    ['renditions keep EXIF', ENCODED, `${ENCODED.slice(0, -1)}.keepExif();`],
    ['q is ignored', '{ quality, pixels: ', '{ quality: null, pixels: '],
    ['animations lose their timing', 'if (picture.timing) encoder.webp(playable(picture.timing));', ''],
  ]),
  ...breakagesOf('imaging/render/steps/blur.ts', [
    ['blur is ignored', 'if (blur === null) return picture;', 'if (blur !== 0) return picture;'],
    ['blur is always the same', 'image.blur(blur)', 'image.blur(1)'],
  ]),
  ...breakagesOf('imaging/render/steps/sharpen.ts', [
    ['sharpen is ignored', 'if (sharpen === null) return picture;', 'if (sharpen !== 0) return picture;'],
  ]),
  ...breakagesOf('imaging/render/steps/window.ts', [
    [
      'position=attention and position=entropy take the center',
      'position: recipe.window.find }',
      "position: 'centre' }",
    ],
  ]),
  ...breakagesOf('imaging/render/colors.ts', [
    ['transparent pixels are black in JPEG', '255 * (1 - alpha)', '0 * (1 - alpha)'],
    ['a background is never translucent', 'alpha: alpha / 255', 'alpha: 1'],
  ]),
  ...breakagesOf('imaging/pixels.ts', [
    ['the ThumbHash ignores orientation', 'isAnimation ? image : image.autoOrient()', 'image'],
    [
      'the ThumbHash has its bytes reversed',
      'rgbaToThumbHash(width, pageHeight, firstFrame)',
      'rgbaToThumbHash(width, pageHeight, firstFrame.toReversed())',
    ],
    ['an animation has one frame', '(metadata.pages ?? 1) : 1', '1 : 1'],
  ]),
  ...breakagesOf('imaging/dominant-color.ts', [
    ['transparent pixels count for the dominant color', 'if ((rgba[at + 3] ?? 0) < MIN_ALPHA) continue;', ''],
    [
      'the dominant color is the first color found',
      'if (box.count > fullest.count) fullest = box;',
      'if (fullest.count === 0) fullest = box;',
    ],
  ]),
  ...breakagesOf('imaging/render/render.ts', [
    ['a page after the last frame is accepted', 'page !== null && page >= frames', 'page !== null && page >= 5_000'],
  ]),
];
