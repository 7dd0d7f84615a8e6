import type { Size } from './size.ts';

/** ISO/IEC 14496-12, 4.2. */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const data = Buffer.concat(parts);
  return Buffer.concat([uint(4, 8 + data.length), Buffer.from(type, 'latin1'), data]);
}

export const uint = (sizeBytes: number, value: number): Buffer => {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.writeUIntBE(value, 0, sizeBytes);
  return bytes;
};

/** A FullBox (4.2) without flags. */
export const full = (type: string, version: number, ...parts: readonly Uint8Array[]): Buffer =>
  box(type, uint(4, version * 2 ** 24), ...parts);

/** A part of an item's data: its range in the `mdat` box. */
export interface Part {
  readonly at: number;
  readonly sizeBytes: number;
}

export interface AvifItem {
  readonly type: 'av01' | 'grid' | 'hvc1' | 'Exif' | 'iden';
  readonly size: Size | null;
  readonly parts: readonly Part[];
  /** Items by their numbers, from 1. */
  readonly references?: { readonly type: 'dimg' | 'auxl'; readonly to: readonly number[] };
}

export interface AvifOptions {
  readonly brand?: string;
  readonly properties?: readonly Uint8Array[];
  /** Boxes of `meta` after the usual ones, and boxes before and after it. */
  readonly inMeta?: readonly Uint8Array[];
  readonly before?: readonly Uint8Array[];
  readonly after?: readonly Uint8Array[];
}

const AV1_CONFIGURATION = box('av1C', Buffer.from([0x81, 0x20, 0x02, 0x00]));
const ALPHA = full('auxC', 0, Buffer.from('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0'));

/** A file of these items, with the first as the primary one; `data` is its `mdat`. */
export function avifFile(items: readonly AvifItem[], data: Uint8Array, options: AvifOptions = {}): Buffer {
  const { brand = 'avif', inMeta = [], before = [], after = [] } = options;
  const ftyp = box('ftyp', Buffer.from(`${brand}\0\0\0\0avifmif1miaf`, 'latin1'));
  const head = (dataAt: number): Buffer => {
    const meta = full('meta', 0, ...metaBoxes(items, dataAt, options), ...inMeta);
    return Buffer.concat([ftyp, ...before, meta]);
  };
  return Buffer.concat([head(head(0).length + 8), box('mdat', data), ...after]);
}

function metaBoxes(items: readonly AvifItem[], dataAt: number, { properties = [] }: AvifOptions): Buffer[] {
  const numbered = items.map((item, index) => ({ ...item, id: index + 1 }));
  const sizes = numbered.map(({ size }) => full('ispe', 0, uint(4, size?.width ?? 1), uint(4, size?.height ?? 1)));
  const associations = numbered.map(({ id, type, size, references }, index) => {
    const own = [
      ...(size ? [index + 3] : []),
      ...(type === 'av01' ? [0x80 | 1] : []),
      ...(references?.type === 'auxl' ? [2] : []),
    ];
    return Buffer.concat([uint(2, id), uint(1, own.length), Buffer.from(own)]);
  });
  const locations = numbered.map(({ id, parts }) =>
    Buffer.concat([
      uint(2, id),
      uint(2, 0),
      uint(2, parts.length),
      ...parts.map(({ at, sizeBytes }) => Buffer.concat([uint(4, dataAt + at), uint(4, sizeBytes)])),
    ]),
  );
  const entries = numbered.map(({ id, type }) => full('infe', 2, uint(2, id), uint(2, 0), Buffer.from(`${type}\0`)));
  const references = numbered.flatMap(({ id, references: one }) =>
    one ? [box(one.type, uint(2, id), uint(2, one.to.length), ...one.to.map((to) => uint(2, to)))] : [],
  );
  return [
    full('hdlr', 0, Buffer.alloc(4), Buffer.from('pict'), Buffer.alloc(13)),
    full('pitm', 0, uint(2, 1)),
    full('iloc', 0, Buffer.from([0x44, 0x00]), uint(2, items.length), ...locations),
    full('iinf', 0, uint(2, items.length), ...entries),
    ...(references.length > 0 ? [full('iref', 0, ...references)] : []),
    box(
      'iprp',
      box('ipco', AV1_CONFIGURATION, ALPHA, ...sizes, ...properties),
      full('ipma', 0, uint(4, items.length), ...associations),
    ),
  ];
}

/** The data of a grid item (ISO/IEC 23008-12, 6.6.2.3.2). */
export const gridData = (columns: number, rows: number, { width, height }: Size): Buffer =>
  Buffer.concat([Buffer.from([0, 0, rows - 1, columns - 1]), uint(2, width), uint(2, height)]);

/** The units of an AV1 stream: temporal delimiter, sequence header, frame. */
export function unitsOf(stream: Buffer): readonly { readonly head: number; readonly data: Buffer }[] {
  const units: { head: number; data: Buffer }[] = [];
  for (let at = 0; at < stream.length; ) {
    const head = stream.readUInt8(at++);
    let sizeBytes = 0;
    for (let place = 0, more = true; more; place++) {
      const byte = stream.readUInt8(at++);
      sizeBytes += (byte & 0x7f) * 2 ** (7 * place);
      more = byte >= 0x80;
    }
    units.push({ head, data: stream.subarray(at, at + sizeBytes) });
    at += sizeBytes;
  }
  return units;
}

/** Their current sizes. */
export const streamOf = (units: ReturnType<typeof unitsOf>): Buffer =>
  Buffer.concat(units.flatMap(({ head, data }) => [Buffer.from([head]), leb128(data.length), data]));

function leb128(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; bytes.length === 0 || left > 0; left = Math.floor(left / 128)) {
    bytes.push((left % 128) + (left > 127 ? 128 : 0));
  }
  return Buffer.from(bytes);
}
