import { openByteWindow } from '../byte-window.ts';
import { openTiff, readDirectory } from './directory.ts';
import { TAG } from './tags.ts';

/** Whether libtiff takes the first picture of a TIFF for a tiled one; false if that is unreadable. */
export function isTiledTiff(path: string): boolean {
  using file = openByteWindow(path);
  const tiff = openTiff(file);
  if ('detail' in tiff) return false;
  const first = readDirectory(tiff, tiff.first);
  return 'fields' in first && [TAG.tileWidth, TAG.tileHeight].some((tag) => first.fields.has(tag));
}
