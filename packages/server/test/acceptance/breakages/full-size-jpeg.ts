import { breakages } from './breakage.ts';

export const FULL_SIZE_JPEG = breakages([
  [
    'a JPEG in full size has at most 4,096 pixels a side',
    'fullSizeRecipe',
    ': { width',
    ': { width: Math.min(width, 4_096)',
  ],
  ['a JPEG in full size isn’t a JPEG', 'fullSizeRecipe', 'jpeg', 'webp'],
  [
    'a JPEG in full size shows black behind transparency',
    'fullSizeRecipe',
    'scaled',
    "background: '000000',\n  scaled",
  ],
  ['a JPEG in full size is flipped', 'fullSizeRecipe', 'scaled', "flip: 'vertical',\n  scaled"],
  ['a JPEG in full size shows the second frame of an animation', 'fullSizeRecipe', 'scaled', 'page: 1,\n  scaled'],
  [
    'a JPEG in full size has the extension of its original',
    'createFullSizeDownload',
    'servedFilename…)',
    'image.filename',
  ],
  ['a JPEG in full size is always an attachment', 'createFullSizeDownload', ', filename', ": 'attachment', filename"],
  [
    'the URL of a JPEG in full size comes before it is made',
    'createFullSizeDownload',
    'await make(services…)',
    "{ sizeBytes: 1, source: 'made' as const }",
  ],
  ['the original is answered in place of a JPEG', 'imageRoutes', 'format === undefined', 'image'],
  ['a download in another format is answered', 'originalDownloadQuery', "literal('jpeg'…))", 'string()'],
]);
