import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { type Blocks, copyOf } from './blocks.ts';

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const APPLICATION = 0xff;
const APPLICATION_BYTES = 11;
const XMP_APPLICATION = 'XMP DataXMP';
const C2PA_APPLICATION = 'C2PA_GIF';
/** Not in sub-blocks: these bytes behind the packet lead a reader of sub-blocks out (XMP specification, part 3). */
const MAGIC_TRAILER_BYTES = 258;
/** More have only files that the structure's walk refuses. */
const MAX_BLOCKS = 100_000;
/** A GIF of 50 MB has 200,000. */
const MAX_SUB_BLOCKS = 300_000;

/** GIF89a 15 to 27. */
export function findInGif(file: ByteWindow): Blocks {
  const blocks: Blocks = { hasC2pa: false };
  let subBlocks = 0;
  const behindSubBlocks = (start: number): number => {
    let at = start;
    for (let size = file.bytesAt(at, 1)[0]; size && subBlocks < MAX_SUB_BLOCKS; size = file.bytesAt(at, 1)[0]) {
      subBlocks += 1;
      at += 1 + size;
    }
    return at + 1;
  };
  const screen = file.bytesAt(0, 13);
  let at = 13 + colorTableBytes(screen[10]);
  for (let count = 0; count < MAX_BLOCKS && subBlocks < MAX_SUB_BLOCKS; count += 1) {
    const head = Buffer.from(file.bytesAt(at, 3 + APPLICATION_BYTES)); // the window changes
    if (head[0] === IMAGE) at = behindSubBlocks(at + 11 + colorTableBytes(head[9]));
    else if (head[0] === EXTENSION) {
      const end = behindSubBlocks(at + 2);
      if (head[1] === APPLICATION && head[2] === APPLICATION_BYTES) {
        const application = head.toString('latin1', 3);
        const packet = at + 3 + APPLICATION_BYTES;
        if (application === XMP_APPLICATION)
          blocks.xmp ??= copyOf(file, { at: packet, sizeBytes: Math.max(0, end - MAGIC_TRAILER_BYTES - packet) });
        if (application.startsWith(C2PA_APPLICATION)) blocks.hasC2pa = true;
      }
      at = end;
    } else break;
  }
  return blocks;
}

/** GIF89a 18 and 20: 3 bytes for each of 2 to 256 colors. */
const colorTableBytes = (flags = 0): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1));
