import type { Rejection } from '../../../../domain/image/image.ts';
import type { Limits } from '../../../limits.ts';
import type { ByteWindow } from '../byte-window.ts';
import { refuseJpeg } from '../jpeg.ts';
import type { JpegFrame } from '../jpeg-frame.ts';
import { count, unsound } from '../rejection.ts';
import type { Directory, Tiff } from './directory.ts';
import { type Block, decodedBytes, type TiffPicture } from './picture.ts';
import { TAG } from './tags.ts';

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = Buffer.from([0xff, 0xd9]);

/** Tables take 500 bytes. */
const MAX_TABLE_BYTES = 65_536;

/**
 * Walks the JPEG of each strip or tile (TIFF Technical Note 2), whose tables may be those of the directory: libjpeg
 * fills missing data with gray, and libvips takes a smaller tile.
 */
export function refuseJpegBlocks(
  { file }: Tiff,
  { fields }: Directory,
  {
    picture,
    blocks,
    limits,
  }: { readonly picture: TiffPicture; readonly blocks: readonly Block[]; readonly limits: Limits },
): Rejection | undefined {
  const field = fields.get(TAG.jpegTables);
  const tables = Buffer.from(field ? file.bytesAt(field.at, Math.min(field.sizeBytes, MAX_TABLE_BYTES)) : SOI);
  if (field && !(tables.subarray(0, 2).equals(SOI) && tables.subarray(-2).equals(EOI))) {
    return unsound('expected the JPEG tables of a TIFF from SOI to EOI; got others');
  }
  const head = field ? tables.subarray(0, -2) : tables;
  for (const block of blocks) {
    const maxBytes = 2 * decodedBytes(picture, block.rows);
    if (picture.isTiled && block.sizeBytes > maxBytes) {
      return unsound(
        `expected at most ${count(maxBytes)} bytes in a JPEG tile of this TIFF; got ${count(block.sizeBytes)}`,
      );
    }
    if (!file.bytesAt(block.at, 2).equals(SOI))
      return unsound('expected a JPEG in each strip or tile of a TIFF; got other data');
    const rejection = refuseJpeg(joined(file, head, block), limits, (frame) => refuseFrame(frame, picture, block));
    if (rejection) return rejection;
  }
  return undefined;
}

/** The tables in front of a block, as one JPEG. */
function joined(file: ByteWindow, head: Buffer, { at, sizeBytes }: Block): ByteWindow {
  const start = at + SOI.length;
  const dataBytes = sizeBytes - SOI.length;
  return {
    sizeBytes: head.length + dataBytes,
    bytesAt: (offset, wanted) => {
      const fromHead = head.subarray(offset, offset + wanted);
      const skipped = Math.max(0, offset - head.length);
      const left = Math.max(0, Math.min(wanted - fromHead.length, dataBytes - skipped));
      const fromBlock = file.bytesAt(start + skipped, left);
      return fromHead.length === 0 ? fromBlock : Buffer.concat([fromHead, fromBlock]);
    },
  };
}

function refuseFrame(
  { width, height, components, isProgressive }: JpegFrame,
  picture: TiffPicture,
  { rows }: Block,
): Rejection | undefined {
  if (isProgressive) return unsound('expected baseline JPEGs in a TIFF; got a progressive one');
  const { blockWidth, blockHeight, isPlanar, samples } = picture;
  const expected = isPlanar ? 1 : samples;
  if (components.length !== expected) {
    return unsound(`expected ${expected} components in a JPEG of this TIFF; got ${components.length}`);
  }
  // The last strip may be as high as the others.
  if (width === blockWidth && (height === rows || height === blockHeight)) return undefined;
  return unsound(
    `expected a JPEG of ${count(blockWidth)} x ${count(rows)} pixels in a strip or tile of this TIFF; got ${count(width)} x ${count(height)}`,
  );
}
