import { breakagesOf } from './breakage.ts';

export const CAMERAS = [
  ...breakagesOf('imaging/inspect/structure/heic/hevc-item.ts', [
    ['zeros in a slice of a HEIC are accepted', '      requireNoStartCode(data, unit);\n', ''],
  ]),
  ...breakagesOf('imaging/heic/stored-turn.ts', [
    ['a HEIC isn’t turned', 'orientation: orientationOf(turn)', 'orientation: turn.flop ? 1 : 1'],
  ]),
  ...breakagesOf('imaging/heic/decode-heic.ts', [
    ['a HEIC has no alpha', 'channels: picture.alpha ? 4 : 3', 'channels: 3'],
    ['the coded colors of a HEIC are ignored', '(picture.nclx && profileOf(picture.nclx))', 'null'],
    ['every row of tiles of a HEIC shows the first', 'heic.tile(form, column, row)', 'heic.tile(form, column, 0)'],
  ]),
  ...breakagesOf('domain/image/media-type.ts', [
    ['image/heif is no HEIC', "aliases: ['image/heif', 'image/heic-sequence'", "aliases: ['image/heic-sequence'"],
  ]),
];
