import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { openTiff, soundFieldsOf } from '../../inspect/structure/tiff/directory.ts';
import { type Blocks, copyOf } from './blocks.ts';

const XMP = 700;
/** C2PA 2.1, A.3.6. */
const C2PA = 52_545;

/** The whole file is a block of EXIF. */
export function findInTiff(file: ByteWindow): Blocks {
  const tiff = openTiff(file);
  if ('detail' in tiff) return { hasC2pa: false };
  const fields = soundFieldsOf(tiff, tiff.first);
  const xmp = fields.get(XMP);
  return { exif: file, xmp: xmp && copyOf(file, xmp), hasC2pa: fields.has(C2PA) };
}
