import type { ByteWindow } from '../../inspect/structure/byte-window.ts';
import { type Box, boxAt } from '../../inspect/structure/heif-boxes.ts';
import { readAll } from '../../inspect/structure/heif-file.ts';
import { itemData } from '../../inspect/structure/heif-item.ts';
import { type Item, type Meta, readMeta, UnsoundMeta } from '../../inspect/structure/heif-meta.ts';
import { type Blocks, exifIn, windowOn } from './blocks.ts';

const MAX_BOXES = 1_000;
const MAX_META_BYTES = 4 * 1_048_576;
const BOUNDS = { maxItems: 1_000, maxProperties: 2_000, maxExtents: 32, maxAssociations: 10_000 } as const;
const MAX_ITEM_BYTES = 1_048_576;

/** The `uuid` box of a manifest store (C2PA 2.1, A.5). */
const C2PA_UUID = Buffer.from('d8fec3d61b0e483c92975828877ec481', 'hex');
const XMP_TYPE = 'application/rdf+xml';

/** A HEIC or an AVIF (ISO/IEC 23008-12, annex A.2 and A.3). */
export function findInHeif(file: ByteWindow): Blocks {
  const blocks: Blocks = { hasC2pa: false };
  for (let count = 0, at = 0; count < MAX_BOXES; count += 1) {
    const box = boxAt(file, at, file.sizeBytes);
    if (!box) break;
    if (box.type === 'uuid') blocks.hasC2pa ||= file.bytesAt(box.at, C2PA_UUID.length).equals(C2PA_UUID);
    if (box.type === 'meta') readItems(file, box, blocks);
    at = box.end;
  }
  return blocks;
}

function readItems(file: ByteWindow, box: Box, blocks: Blocks): void {
  const meta = metaIn(file, box);
  if (!meta) return;
  const exif = dataOf(file, meta, ({ type }) => type === 'Exif');
  if (exif && exif.length > 4) {
    const at = 4 + exif.readUInt32BE(0); // the offset of the TIFF header
    if (at < exif.length) blocks.exif ??= exifIn(windowOn(exif), { at, sizeBytes: exif.length - at });
  }
  blocks.xmp ??= dataOf(file, meta, ({ type, contentType }) => type === 'mime' && contentType === XMP_TYPE);
}

function metaIn(file: ByteWindow, box: Box): Meta | undefined {
  if (box.end - box.at > MAX_META_BYTES) return undefined;
  try {
    return readMeta(readAll(file, box), BOUNDS);
  } catch (error) {
    if (error instanceof UnsoundMeta) return undefined;
    throw error;
  }
}

type IsWanted = (item: Item) => boolean;

/** The first such item that describes the primary picture, or else the first one. */
function dataOf(file: ByteWindow, meta: Meta, isWanted: IsWanted): Buffer | undefined {
  const ids = [...meta.items].filter(([, item]) => isWanted(item)).map(([id]) => id);
  const id = ids.find((one) => meta.described.get(one)?.includes(meta.primary)) ?? ids[0];
  if (id === undefined) return undefined;
  const { bytesAt, sizeBytes } = itemData(file, meta, id);
  return sizeBytes > MAX_ITEM_BYTES ? undefined : Buffer.from(bytesAt(0, sizeBytes));
}
