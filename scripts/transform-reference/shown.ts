import type { Transform } from '../../packages/server/src/domain/rendition/transform.ts';
import type { SourceName } from './sources.ts';

/** The images of one parameter in the reference; the first is its `example`. */
interface Shown {
  readonly source?: SourceName;
  /** Alternative text of the example's image. */
  readonly alt: string;
  /** Other queries, with alternative texts. */
  readonly others?: Readonly<Record<string, string>>;
}

export const SHOWN: Readonly<Record<keyof Transform, Shown>> = {
  width: {
    alt: 'The whole landscape, 320 pixels wide',
    others: { 'w=160': 'The whole landscape, half as wide' },
  },
  height: {
    alt: 'The whole landscape, 160 pixels high',
    others: { 'h=80': 'The whole landscape, half as high' },
  },
  fit: {
    alt: 'The whole landscape in the middle of a blue square',
    others: {
      'w=320&h=320&fit=inside': 'The whole landscape, less high than wide',
      'w=320&h=320&fit=cover': 'A square out of the middle: the left and the right of the landscape are missing',
      'w=320&h=160&fit=cover': 'A wide part out of the middle: the top and the bottom of the landscape are missing',
    },
  },
  position: {
    alt: 'The lower two thirds of the landscape: house, boat and meadow, no sun',
    others: {
      'w=320&h=160&fit=cover': 'Two thirds out of the middle: most of the sun above, no meadow below',
      'w=320&h=80&fit=cover&position=attention': 'A wide strip with the boat',
      'w=320&h=80&fit=cover&position=entropy': 'A wide strip of the meadow, which has most detail',
      'w=160&h=240&fit=cover&position=0.2,0.5': 'A tall part with the house and the sun',
      'w=160&h=240&fit=cover&position=focal': 'A tall part around the boat, the focal point of the landscape',
      'w=320&h=320&fit=pad&position=0.5,1&background=2a6f97': 'The whole landscape at the bottom of a blue square',
    },
  },
  crop: { alt: 'The sun and the ridge below it, larger', others: { 'w=320': 'The whole landscape' } },
  rotate: {
    alt: 'The landscape on its right side: the sky is to the right',
    others: {
      'w=320&rotate=180': 'The landscape upside down',
      'w=320&rotate=270': 'The landscape on its left side: the sky is to the left',
      'w=320': 'The landscape as it is',
    },
  },
  flip: {
    alt: 'The landscape mirrored: the boat is to the left, the sun to the right',
    others: {
      'w=320&flip=v': 'The landscape mirrored top to bottom: the boat hangs down to the right',
      'w=320&flip=hv': 'Both: the boat hangs down to the left',
      'w=320': 'The landscape as it is',
    },
  },
  format: {
    alt: 'The landscape as WebP',
    others: {
      'w=320&format=avif': 'The landscape as AVIF',
      'w=320&format=jpeg': 'The landscape as JPEG',
      'w=320&format=png': 'The landscape as PNG',
    },
  },
  quality: {
    alt: 'The landscape in blocks, with wrong colors at edges',
    others: {
      'w=320&q=50': 'The landscape, a little unclean at edges',
      'w=320&q=90': 'The landscape, clean',
      'w=320': 'The landscape in the quality that JPEG has by default',
    },
  },
  dpr: {
    alt: 'The landscape, 320 pixels wide',
    others: { 'w=160': 'The landscape, 160 pixels wide' },
  },
  blur: {
    alt: 'The landscape out of focus',
    others: { 'w=320&blur=16': 'Patches of color, where the landscape can be guessed' },
  },
  sharpen: {
    alt: 'The landscape with hard edges and a bristling meadow',
    others: { 'w=320': 'The landscape, not sharpened' },
  },
  background: {
    source: 'boat',
    alt: 'The boat on a yellow canvas',
    others: {
      'w=320&h=240&fit=pad': 'The boat on nothing: the page shows through',
      'w=320&h=240&fit=pad&background=ffcc0080': 'The boat on a yellow through which the page shows',
      'w=320&h=240&fit=pad&format=jpeg': 'The boat on white, for JPEG has nothing transparent',
    },
  },
  page: {
    source: 'sailing',
    alt: 'The fourth frame: the boat right of the middle, half of the sun behind the ridge',
    others: {
      'w=320': 'The first frame: the boat left of the middle, all of the sun above the ridge',
      'w=320&format=webp': 'All frames: the boat sails from left to right while the sun sets',
    },
  },
  padding: {
    alt: 'The whole landscape with a blue border of equal width on all sides',
    others: {
      'w=280&background=ffffff&padding=10,20,50,20':
        'The landscape with a white border, wide below, as of an instant photograph',
    },
  },
  enlarge: {
    alt: 'The sail of the boat, enlarged to twice its size, a little soft',
    others: { 'w=320&crop=820,560,160,120': 'The sail in its own size, half as wide as asked' },
  },
  pixelate: {
    alt: 'The landscape in squares of one color each; sun and boat can be recognized',
    others: { 'w=320&pixelate=40': 'Large squares of one color each, where no boat can be recognized' },
  },
  brightness: {
    alt: 'The landscape pale, as in glaring light',
    others: { 'w=320&brightness=-30': 'The landscape as at night' },
  },
  contrast: {
    alt: 'The landscape with darker darks and lighter lights',
    others: { 'w=320&contrast=-50': 'The landscape as in fog' },
  },
  saturation: {
    alt: 'The landscape with glaring colors',
    others: { 'w=320&saturation=-60': 'The landscape with faint colors' },
  },
  gray: { alt: 'The landscape in shades of gray', others: { 'w=320': 'The landscape in its own colors' } },
  tint: {
    alt: 'The landscape in shades of brown, as an old photograph',
    others: { 'w=320&tint=2a6f97': 'The landscape in shades of blue' },
  },
  radius: {
    alt: 'The landscape with round corners, through which the page shows',
    others: {
      'w=240&h=240&fit=cover&radius=circle': 'A round part out of the middle of the landscape',
      'w=320&format=jpeg&background=2a6f97&radius=circle': 'The landscape in an ellipse on blue',
      'w=280&background=ffffff&padding=20&radius=40': 'The landscape with a white border whose corners are round',
    },
  },
  maxBytes: {
    alt: 'The landscape as JPEG of at most 4,000 bytes, unclean at edges',
    others: {
      'w=320&max_bytes=8000': 'The landscape as JPEG of at most 8,000 bytes, clean',
      'w=320': 'The landscape in the quality that JPEG has by default',
    },
  },
  trim: {
    source: 'boat',
    alt: 'The boat, which touches all four edges',
    others: { 'w=320': 'The boat with the nothing around it' },
  },
  watermark: { alt: 'The landscape with a small boat, the watermark, in the middle' },
  watermarkPosition: {
    alt: 'The watermark near the lower right corner',
    others: {
      'w=320&h=320&fit=pad&watermark=logo&watermark_position=0,0':
        'The watermark in the upper left corner of the landscape, not of its canvas',
    },
  },
  watermarkScale: {
    alt: 'A large watermark in the middle',
    others: { 'w=320&watermark=logo&watermark_scale=1': 'A watermark as high as the landscape' },
  },
  watermarkOpacity: { alt: 'A large watermark through which the landscape shows' },
  watermarkTiles: {
    alt: 'Rows of watermarks over the whole landscape, which shows through',
    others: {
      'w=320&watermark=logo&watermark_tiles=1&watermark_scale=0.07': 'Many small watermarks over the whole landscape',
    },
  },
};
