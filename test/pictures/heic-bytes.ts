import { box, full, uint } from './avif-bytes.ts';
import type { Nclx } from './hevc-picture.ts';
import type { Size } from './size.ts';

export interface HeicProperty {
  box: Buffer;
  isEssential: boolean;
}

export interface HeicItem {
  id: number;
  /** `hvc1`, `grid`, `iovl`, `iden`, `Exif` or any other four characters. */
  type: string;
  data: Buffer;
  /** Only a `mime` item has one. */
  contentType?: string;
  properties: HeicProperty[];
  isHidden?: boolean;
  /** The item's data is in `idat` (construction method 1); by default in `mdat`. */
  isInIdat?: boolean;
  /** Instead of one extent of all `data`. Offsets count from the data's start, which makes any place reachable. */
  extents?: { offset: number; length: number }[];
}

export interface HeicReference {
  /** `dimg`, `auxl`, `thmb`, `cdsc`. */
  type: string;
  from: number;
  to: number[];
}

/** A file before serialization, to be edited by tests. */
export interface HeicFile {
  brand: string;
  compatibleBrands: string[];
  /** The primary item's id. */
  primary: number;
  items: HeicItem[];
  references: HeicReference[];
  /** Boxes of `meta` after the usual ones. */
  extraInMeta: Buffer[];
  /** Replaces a box: `ftyp`, `meta`, `mdat` or one of those in `meta`. Lengths may change: extents follow. */
  editBox?: (type: string, original: Buffer) => Buffer;
}

/** ISO/IEC 14496-12 and 23008-12. */
export function heicBytes(file: HeicFile): Buffer {
  const edit = (bytes: Buffer): Buffer => file.editBox?.(bytes.toString('latin1', 4, 8), bytes) ?? bytes;
  const ftyp = box('ftyp', Buffer.from(`${file.brand}\0\0\0\0${file.compatibleBrands.join('')}`, 'latin1'));
  const meta = (dataAt: number): Buffer =>
    edit(full('meta', 0, ...metaBoxes(file, dataAt).map(edit), ...file.extraInMeta));
  const data = file.items.filter(({ isInIdat }) => !isInIdat).map((item) => item.data);
  const head = edit(ftyp);
  return Buffer.concat([head, meta(head.length + meta(0).length + 8), edit(box('mdat', ...data))]);
}

function metaBoxes({ primary, items, references }: HeicFile, dataAt: number): Buffer[] {
  const entries = items.map(({ id, type, isHidden, contentType }) => {
    const words = contentType === undefined ? `${type}\0` : `${type}\0${contentType}\0`;
    const entry = full('infe', 2, uint(2, id), uint(2, 0), Buffer.from(words, 'latin1'));
    if (isHidden) entry[11] = 1; // the last byte of the flags (ISO/IEC 23008-12, 6.4.2)
    return entry;
  });
  const idat = items.filter(({ isInIdat }) => isInIdat).map(({ data }) => data);
  return [
    full('hdlr', 0, Buffer.alloc(4), Buffer.from('pict'), Buffer.alloc(13)),
    full('pitm', 0, uint(2, primary)),
    locations(items, dataAt),
    full('iinf', 0, uint(2, items.length), ...entries),
    ...(references.length > 0 ? [full('iref', 0, ...references.map(referenceBox))] : []),
    itemProperties(items),
    ...(idat.length > 0 ? [box('idat', ...idat)] : []),
  ];
}

const referenceBox = ({ type, from, to }: HeicReference): Buffer =>
  box(type, uint(2, from), uint(2, to.length), ...to.map((id) => uint(2, id)));

/** `iloc` of version 1 (ISO/IEC 14496-12, 8.11.3) with offsets and lengths of four bytes. */
function locations(items: readonly HeicItem[], dataAt: number): Buffer {
  let inFile = dataAt;
  let inIdat = 0;
  const entries = items.map(({ id, data, isInIdat, extents = [{ offset: 0, length: data.length }] }) => {
    const start = isInIdat ? inIdat : inFile;
    if (isInIdat) inIdat += data.length;
    else inFile += data.length;
    return Buffer.concat([
      uint(2, id),
      uint(2, isInIdat ? 1 : 0),
      uint(2, 0), // data_reference_index
      uint(2, extents.length),
      ...extents.map(({ offset, length }) => Buffer.concat([uint(4, (start + offset) >>> 0), uint(4, length)])),
    ]);
  });
  return full('iloc', 1, Buffer.from([0x44, 0x00]), uint(2, items.length), ...entries);
}

/** `iprp` (ISO/IEC 23008-12, 9.3); equal properties of several items are written once. */
function itemProperties(items: readonly HeicItem[]): Buffer {
  const boxes: Buffer[] = [];
  const indexOf = (property: Buffer): number => {
    const known = boxes.findIndex((one) => one.equals(property));
    return known >= 0 ? known + 1 : boxes.push(property);
  };
  const associations = items
    .filter(({ properties }) => properties.length > 0)
    .map(({ id, properties }) => {
      const indexes = properties.map(({ box, isEssential }) => uint(2, indexOf(box) + (isEssential ? 0x8000 : 0)));
      return Buffer.concat([uint(2, id), uint(1, indexes.length), ...indexes]);
    });
  const ipma = full('ipma', 0, uint(4, associations.length), ...associations);
  ipma[11] = 1; // property indexes of 15 bits
  return box('iprp', box('ipco', ...boxes), ipma);
}

const descriptive = (property: Buffer): HeicProperty => ({ box: property, isEssential: false });
const essential = (property: Buffer): HeicProperty => ({ box: property, isEssential: true });

/** The properties of ISO/IEC 23008-12, 6.5, and of ISO/IEC 14496-12, 12.1.5 and 12.1.4 (`colr`, `clap`). */
export const property = {
  configuration: (hvcC: Buffer) => essential(hvcC),
  size: ({ width, height }: Size) => descriptive(full('ispe', 0, uint(4, width), uint(4, height))),
  bitDepths: (...bits: number[]) => descriptive(full('pixi', 0, uint(1, bits.length), Buffer.from(bits))),
  auxiliary: (urn: string) => descriptive(full('auxC', 0, Buffer.from(`${urn}\0`))),
  /** Quarter turns anticlockwise. */
  rotation: (quarters: number) => essential(box('irot', uint(1, quarters))),
  /** Axis 0 exchanges top and bottom, 1 exchanges left and right (ISO/IEC 23008-12:2022, 6.5.12). */
  mirror: (axis: number) => essential(box('imir', uint(1, axis))),
  nclx: ({ primaries, transfer, matrix, isFullRange }: Nclx) =>
    descriptive(
      box(
        'colr',
        Buffer.from('nclx'),
        ...[primaries, transfer, matrix].map((one) => uint(2, one)),
        uint(1, isFullRange ? 0x80 : 0),
      ),
    ),
  icc: (profile: Uint8Array) => descriptive(box('colr', Buffer.from('prof'), profile)),
  /** The clean aperture in fractions: a size, and the offset of its center from the picture's center. */
  aperture: (...fractions: [Fraction, Fraction, Fraction, Fraction]) =>
    essential(box('clap', ...fractions.flat().map((one) => uint(4, one >>> 0)))),
} as const;

export type Fraction = readonly [numerator: number, denominator: number];

export interface Crop extends Size {
  readonly left: number;
  readonly top: number;
}

/** The `clap` property that crops a picture of this size. */
export const cropTo = (crop: Crop, { width, height }: Size): HeicProperty =>
  property.aperture(
    [crop.width, 1],
    [crop.height, 1],
    [2 * crop.left + crop.width - width, 2],
    [2 * crop.top + crop.height - height, 2],
  );

/** The data of an overlay item on black (ISO/IEC 23008-12, 6.6.2.2.2): where each referenced item's corner is. */
export const overlayData = ({ width, height }: Size, places: readonly { readonly x: number; readonly y: number }[]) =>
  Buffer.concat([
    Buffer.from([0, 0]),
    ...[0, 0, 0, 65_535].map((one) => uint(2, one)),
    uint(2, width),
    uint(2, height),
    ...places.flatMap(({ x, y }) => [uint(2, x & 0xffff), uint(2, y & 0xffff)]),
  ]);
