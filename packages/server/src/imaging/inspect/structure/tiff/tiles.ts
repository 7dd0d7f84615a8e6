import { openByteWindow } from '../byte-window.ts';
import { integersOf, openTiff, readDirectory } from './directory.ts';
import { COMPRESSION, TAG } from './tags.ts';

/** How libtiff takes the first picture of a TIFF; `strips` if that is unreadable. */
export function layoutOfTiff(path: string): 'tiles' | 'strips' | 'lzw-strips' {
  using file = openByteWindow(path);
  const tiff = openTiff(file);
  if ('detail' in tiff) return 'strips';
  const first = readDirectory(tiff, tiff.first);
  if (!('fields' in first)) return 'strips';
  if ([TAG.tileWidth, TAG.tileHeight].some((tag) => first.fields.has(tag))) return 'tiles';
  const compression = first.fields.get(TAG.compression);
  return compression && integersOf(tiff, compression, 1)?.[0] === COMPRESSION.lzw ? 'lzw-strips' : 'strips';
}
