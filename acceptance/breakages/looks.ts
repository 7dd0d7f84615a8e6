import { breakagesOf } from './breakage.ts';

const ENCODED = 'encode(picture.image, { quality, pixels: size.width * size.height * frames });';

export const LOOKS = [
  ...breakagesOf('domain/rendition/plan-rendition.ts', [
    [
      'a picture is enlarged',
      `const width = Math.min(box.width ?? source.width, source.width);
  const height = Math.min(box.height ?? source.height, source.height);`,
      `const width = box.width ?? source.width * 9;
  const height = box.height ?? source.height * 9;`,
    ],
    ['cover keeps the left upper corner', 'Math.round(fraction * whole - part / 2)', '0'],
    ['position is of the window, not of its middle', 'fraction * whole - part / 2', 'fraction * (whole - part)'],
    [
      'pad puts the picture into the middle',
      'Math.round(y * (box.height - scaled.height))',
      'Math.round((box.height - scaled.height) / 2)',
    ],
    [
      'crop is ignored',
      'const crop = cropWithin(source, transform.crop);',
      'const crop = cropWithin(source, transform.crop) && null;',
    ],
    ['a crop may lie beyond the picture', 'crop.left + crop.width <= source.width &&', ''],
    ['a result may be of any size', 'requireBounded(size);', ''],
    ['page is always the first', '(transform.page ?? 0)', '0'],
    [
      'a page in WebP is the whole animation',
      "format === 'webp' && transform.page === null &&",
      "format === 'webp' &&",
    ],
  ]),
  ...breakagesOf('domain/rendition/requested-box.ts', [
    ['dpr is ignored', '(side * Math.round(dpr * 100)) / 100', 'side'],
    ['dpr is a whole number', 'Math.round(dpr * 100)', '(Math.round(dpr) * 100)'],
  ]),
  ...breakagesOf('imaging/render/turn.ts', [
    ['orientations 5 and 7 are confused', 'turned(QUARTER, FLOP)', 'turned(ROTATIONS[270], FLOP)'],
    ['rotate turns the other way', '90: QUARTER,', '90: turned(HALF, QUARTER),'],
    ['flip comes before rotate', 'turned(ROTATIONS[rotate], FLIPS[flip])', 'turned(FLIPS[flip], ROTATIONS[rotate])'],
    [
      'a crop of an oriented picture is elsewhere',
      'top: size.height - left - width, width: height',
      'top: left, width: height',
    ],
  ]),
  ...breakagesOf('imaging/render/steps/load.ts', [
    ['orientation is ignored', 'const turn = asSeen(header.orientation);', 'const turn = asSeen(1);'],
    [
      'deep colors of a profile are taken for sRGB',
      "return image.withIccProfile('srgb', { attach: false });",
      'return image;',
    ],
  ]),
  ...breakagesOf('imaging/render/steps/encode.ts', [
    ['metadata goes along', ENCODED, `${ENCODED.slice(0, -1)}.keepMetadata();`],
    ['the color profile goes along', ENCODED, `${ENCODED.slice(0, -1)}.keepIccProfile();`],
    ['the camera goes along', ENCODED, `${ENCODED.slice(0, -1)}.keepExif();`],
    ['q is ignored', '{ quality, pixels: ', '{ quality: null, pixels: '],
    ['animations lose their pace', 'if (picture.timing) encoder.webp(playable(picture.timing));', ''],
  ]),
  ...breakagesOf('imaging/render/steps/blur.ts', [
    ['blur is ignored', 'if (blur === null) return picture;', 'if (blur !== 0) return picture;'],
    ['blur is always the same', 'image.blur(blur)', 'image.blur(1)'],
  ]),
  ...breakagesOf('imaging/render/steps/sharpen.ts', [
    ['sharpen is ignored', 'if (sharpen === null) return picture;', 'if (sharpen !== 0) return picture;'],
  ]),
  ...breakagesOf('imaging/render/steps/window.ts', [
    ['attention and entropy are the centre', 'position: recipe.window.find }', "position: 'centre' }"],
  ]),
  ...breakagesOf('imaging/render/colors.ts', [
    ['what is transparent is black in JPEG', '255 * (1 - alpha)', '0 * (1 - alpha)'],
    ['a background is never translucent', 'alpha: alpha / 255', 'alpha: 1'],
  ]),
  ...breakagesOf('imaging/pixels.ts', [
    ['the ThumbHash lies as the file does', ': sharp(path, options).autoOrient()', ': sharp(path, options)'],
    [
      'the ThumbHash takes blue for red',
      'rgbaToThumbHash(width, pageHeight, firstFrame)',
      'rgbaToThumbHash(width, pageHeight, firstFrame.toReversed())',
    ],
    ['no animation has frames', 'metadata.pages ?? 1)', '1)'],
  ]),
  ...breakagesOf('imaging/dominant-color.ts', [
    ['what is transparent dominates', 'if ((rgba[at + 3] ?? 0) < MIN_ALPHA) continue;', ''],
    [
      'the dominant color is the first',
      'if (box.count > fullest.count) fullest = box;',
      'if (fullest.count === 0) fullest = box;',
    ],
  ]),
  ...breakagesOf('imaging/render/render.ts', [
    ['a page behind the last is the first', 'page < frames ? undefined', 'page < 5_000 ? undefined'],
  ]),
];
