/** A field as a test names it: an ASCII text, short integers, or rationals as pairs. */
export type Value =
  | string
  | { readonly shorts: readonly number[] }
  | { readonly longs: readonly number[] }
  | { readonly rationals: readonly (readonly [number, number])[] }
  | { readonly type: number; readonly count: number; readonly bytes: Uint8Array };

export type Directory = Readonly<Record<number, Value>>;

export interface ExifBlock {
  readonly image?: Directory;
  readonly exif?: Directory;
  readonly gps?: Directory;
}

const EXIF_POINTER = 0x8769;
const GPS_POINTER = 0x8825;

/** A block of EXIF: a TIFF header and its directories. */
export function exifBlock({ image = {}, exif, gps }: ExifBlock, order: 'II' | 'MM' = 'II'): Buffer {
  const number = (sizeBytes: number) => (value: number) => {
    const bytes = Buffer.alloc(sizeBytes);
    if (order === 'II') bytes.writeUIntLE(value, 0, sizeBytes);
    else bytes.writeUIntBE(value, 0, sizeBytes);
    return bytes;
  };
  const [short, long] = [number(2), number(4)];
  const coded = (value: Value): { type: number; count: number; bytes: Uint8Array } => {
    if (typeof value === 'string') {
      const bytes = Buffer.from(`${value}\0`);
      return { type: 2, count: bytes.length, bytes };
    }
    if ('bytes' in value) return value;
    if ('shorts' in value)
      return { type: 3, count: value.shorts.length, bytes: Buffer.concat(value.shorts.map(short)) };
    if ('longs' in value) return { type: 4, count: value.longs.length, bytes: Buffer.concat(value.longs.map(long)) };
    const bytes = Buffer.concat(value.rationals.flatMap(([above, below]) => [long(above), long(below)]));
    return { type: 5, count: value.rationals.length, bytes };
  };
  /** A directory with its values behind it. */
  const directory = (fields: Directory, at: number): Buffer => {
    const entries = Object.entries(fields).map(([tag, value]) => ({ tag: Number(tag), ...coded(value) }));
    const values: Uint8Array[] = [];
    let end = at + 2 + 12 * entries.length + 4;
    const head = entries.map(({ tag, type, count, bytes }) => {
      const isInside = bytes.length <= 4;
      const own = isInside ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : long(end);
      if (!isInside) {
        values.push(bytes);
        end += bytes.length;
      }
      return Buffer.concat([short(tag), short(type), long(count), own]);
    });
    return Buffer.concat([short(entries.length), ...head, long(0), ...values]);
  };
  const pointers = { ...(exif && { [EXIF_POINTER]: 0 }), ...(gps && { [GPS_POINTER]: 0 }) };
  const first = (places: Readonly<Record<number, number>>): Buffer => {
    const pointed = Object.entries(places).map(([tag, at]): [string, Value] => [tag, { longs: [at] }]);
    return directory({ ...image, ...Object.fromEntries(pointed) }, 8);
  };
  const exifAt = 8 + first(pointers).length;
  const exifBytes = exif ? directory(exif, exifAt) : Buffer.alloc(0);
  const gpsAt = exifAt + exifBytes.length;
  const gpsBytes = gps ? directory(gps, gpsAt) : Buffer.alloc(0);
  const places = { ...(exif && { [EXIF_POINTER]: exifAt }), ...(gps && { [GPS_POINTER]: gpsAt }) };
  return Buffer.concat([Buffer.from(order), short(42), long(8), first(places), exifBytes, gpsBytes]);
}

/** A packet with these properties, as attributes or elements of a description. */
export const xmpPacket = (inside: string, attributes = ''): Buffer =>
  Buffer.from(`<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" ${attributes}>${inside}</rdf:Description>
</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`);

/** A JPEG with these segments behind its first marker. */
export const jpegWith = (jpeg: Uint8Array, segments: readonly { readonly code: number; readonly data: Uint8Array }[]) =>
  Buffer.concat([
    jpeg.subarray(0, 2),
    ...segments.flatMap(({ code, data }) => [
      Buffer.from([0xff, code, (data.length + 2) >> 8, (data.length + 2) & 0xff]),
      data,
    ]),
    jpeg.subarray(2),
  ]);

/** Degrees of a position as GPS tags have them: with a fraction, and no minutes and seconds. */
export const degrees = (value: number) => ({
  rationals: [
    [Math.round(value * 1e6), 1e6],
    [0, 1],
    [0, 1],
  ] as const,
});
