/** Pixels in memory, top to bottom without gaps, as libvips gets them. */
interface PictureInMemory {
  readonly width: number;
  readonly height: number;
  /** RGB, or RGBA with alpha that isn't multiplied into the colors. */
  readonly channels: 3 | 4;
  /** EXIF's, 1 to 8. */
  readonly orientation: number;
  readonly icc: Buffer | null;
}

/** TIFF 6.0, section 2: the types of fields. */
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;

const ENTRY_BYTES = 12;
/** libtiff reads strip by strip. */
const ROWS_PER_STRIP = 16;

/**
 * A TIFF without compression: what libvips reads with a profile, an orientation and alpha as it reads files, and
 * without a copy. Errors: those of an allocation. `pixels` is the part of `file` to be filled.
 */
export function allocateTiff(picture: PictureInMemory): { readonly file: Buffer; readonly pixels: Buffer } {
  const { width, height, channels, orientation, icc } = picture;
  const strips = Math.ceil(height / ROWS_PER_STRIP);
  const stripBytes = ROWS_PER_STRIP * width * channels;
  const pixelBytes = width * height * channels;
  const entries: (readonly [tag: number, type: number, values: readonly number[] | Buffer])[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array.from({ length: channels }, () => 8)],
    [259, SHORT, [1]], // no compression
    [262, SHORT, [2]], // RGB
    [273, LONG, []], // where strips are, below
    [274, SHORT, [orientation]],
    [277, SHORT, [channels]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, Array.from({ length: strips }, (_, strip) => Math.min(stripBytes, pixelBytes - strip * stripBytes))],
    ...(channels === 4 ? ([[338, SHORT, [2]]] as const) : []), // unassociated alpha
    ...(icc ? ([[34675, UNDEFINED, icc]] as const) : []),
  ];
  const bytesOf = (type: number, { length }: { readonly length: number }): number =>
    length * (type === SHORT ? 2 : type === LONG ? 4 : 1);
  const tableBytes = 8 + 2 + entries.length * ENTRY_BYTES + 4;
  const offsets = { length: strips };
  const outside = entries.reduce((sum, [tag, type, values]) => {
    const size = bytesOf(type, tag === 273 ? offsets : values);
    return sum + (size > 4 ? size + (size & 1) : 0);
  }, 0);
  const start = tableBytes + outside;

  const file = Buffer.allocUnsafe(start + pixelBytes);
  file.fill(0, 0, start);
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.length, 8);
  let free = tableBytes;
  for (const [index, [tag, type, given]] of entries.entries()) {
    const values = tag === 273 ? Array.from(offsets, (_, strip) => start + strip * stripBytes) : given;
    const at = 10 + index * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    const size = bytesOf(type, values);
    const place = size > 4 ? free : at + 8;
    if (size > 4) {
      file.writeUInt32LE(free, at + 8);
      free += size + (size & 1);
    }
    if (Buffer.isBuffer(values)) values.copy(file, place);
    else
      for (const [n, value] of values.entries()) {
        if (type === SHORT) file.writeUInt16LE(value, place + 2 * n);
        else file.writeUInt32LE(value, place + 4 * n);
      }
  }
  return { file, pixels: file.subarray(start) };
}
