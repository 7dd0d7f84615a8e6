import { breakages } from './breakage.ts';

export const CAMERAS = breakages([
  ['zeros in a slice of a HEIC are accepted', 'createPictureWalk', '}\n      requireNoStartCode(data, unit);', '}'],
  ['a HEIC isn’t turned', 'asStored', 'orientationOf(turn)', 'turn.flop ? 1 : 1'],
  ['a HEIC has no alpha', 'decodeHeic', 'picture.alpha ? 4 : 3', '3'],
  ['the coded colors of a HEIC are ignored', 'decodeHeic', '(picture.nclx && profileOf(picture.nclx))', 'null'],
  ['every row of tiles of a HEIC shows the first', 'decode-heic.ts: parts', 'row)', '0)'],
  ['image/heif is no HEIC', 'IMAGE_FORMATS', "image/heif', '", ''],
]);
