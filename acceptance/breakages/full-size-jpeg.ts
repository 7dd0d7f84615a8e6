import { breakagesOf } from './breakage.ts';

export const FULL_SIZE_JPEG = [
  ...breakagesOf('domain/rendition/full-size-jpeg.ts', [
    [
      'a JPEG in full size has at most 4,096 pixels a side',
      'scaled: { width, height }',
      'scaled: { width: Math.min(width, 4_096), height }',
    ],
    ['a JPEG in full size isn’t a JPEG', "format: 'jpeg'", "format: 'webp'"],
    ['a JPEG in full size shows black behind transparency', '...UNCHANGED,', "...UNCHANGED,\n  background: '000000',"],
    ['a JPEG in full size is flipped', '...UNCHANGED,', "...UNCHANGED,\n  flip: 'vertical',"],
    ['a JPEG in full size shows the second frame of an animation', '...UNCHANGED,', '...UNCHANGED,\n  page: 1,'],
  ]),
  ...breakagesOf('operations/renditions/create-full-size-download.ts', [
    [
      'a JPEG in full size has the extension of its original',
      'servedFilename(image.filename, CONTENT_TYPE)',
      'image.filename',
    ],
    [
      'a JPEG in full size is always an attachment',
      '{ disposition, filename, publicOrigin });',
      "{ disposition: 'attachment', filename, publicOrigin });",
    ],
    [
      'the URL of a JPEG in full size comes before it is made',
      ': await make(services, image, { planned, client });',
      ": { sizeBytes: 1, source: 'made' as const };",
    ],
  ]),
  ...breakagesOf('http/images/images.ts', [
    ['the original is answered in place of a JPEG', 'if (format === undefined)', 'if (image)'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    [
      'a download in another format is answered',
      "format: z.literal('jpeg', got('expected jpeg'))",
      'format: z.string()',
    ],
  ]),
];
