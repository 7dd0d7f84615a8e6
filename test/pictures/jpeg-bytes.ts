/** A JPEG's segment: its length counts itself (ITU-T T.81, B.1.1.4). */
export function segment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

export const SOI = Buffer.from([0xff, 0xd8]);
export const EOI = Buffer.from([0xff, 0xd9]);

export interface Frame {
  /** The marker: 0xc0 baseline, 0xc2 progressive. */
  readonly process: number;
  readonly width: number;
  readonly height: number;
  readonly precision?: number;
  readonly components?: number;
}

export function frameHeader({ process, width, height, precision = 8, components = 1 }: Frame): Buffer {
  const ids = Array.from({ length: components }, (_, index) => [index + 1, 0x11, 0]);
  return segment(
    process,
    Buffer.from([precision, height >> 8, height & 255, width >> 8, width & 255, components, ...ids.flat()]),
  );
}

/** A quantization table of ones. */
export const quantization = (): Buffer => segment(0xdb, Buffer.alloc(65, 1).fill(0, 0, 1));

/** A Huffman table with one code, `0`: `kind` is 0 for DC, 1 for AC. */
export const huffman = (kind: 0 | 1, symbol: number): Buffer =>
  segment(0xc4, Buffer.from([kind << 4, 1, ...Array.from({ length: 15 }, () => 0), symbol]));

export interface Scan {
  readonly from: number;
  readonly to: number;
  /** Ah and Al. */
  readonly high: number;
  readonly low: number;
}

export const scanHeader = ({ from, to, high, low }: Scan): Buffer =>
  segment(0xda, Buffer.from([1, 1, 0, from, to, (high << 4) | low]));

/** A gray progressive JPEG with this many different scans (1 to 883), each some bytes long. */
export function jpegOfScans(count: number, { width, height }: { width: number; height: number }): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const parts = [
    SOI,
    quantization(),
    frameHeader({ process: 0xc2, width, height }),
    huffman(0, 0),
    huffman(1, 0xe0), // an end-of-band run of 2^14 blocks with a 14-bit length
    scanHeader({ from: 0, to: 0, high: 0, low: 0 }),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ];
  const runs = Math.ceil(blocks / 32_767);
  const band = Buffer.from(
    (`0${'1'.repeat(14)}`.repeat(runs) + '1'.repeat(7))
      .match(/.{8}/g)
      ?.flatMap((bits) => (bits === '11111111' ? [255, 0] : [Number.parseInt(bits, 2)])) ?? [],
  );
  for (let made = 1, at = 1; made < count; at++) {
    for (let low = 13; low >= 0 && made < count; low--, made++) {
      parts.push(scanHeader({ from: at, to: at, high: low === 13 ? 0 : low + 1, low }), band);
    }
  }
  return Buffer.concat([...parts, EOI]);
}

export interface FlatJpeg {
  readonly width: number;
  readonly height: number;
  /** Horizontal and vertical, of each component. */
  readonly sampling: readonly (readonly [number, number])[];
  /** In units. */
  readonly restartInterval?: number;
  /** A scan for each component. */
  readonly isApart?: boolean;
  /** After SOI. */
  readonly extra?: readonly Buffer[];
  /** The number of coded units that each scan contains; all by default. */
  readonly units?: number;
  readonly process?: number;
}

/** A gray, sequential JPEG of any sampling: each block takes two bits, both 0. */
export function flatJpeg(shape: FlatJpeg): Buffer {
  const { width, height, sampling, restartInterval = 0, isApart = false, extra = [], process = 0xc0 } = shape;
  const [maxAcross, maxDown] = [Math.max(...sampling.map(([one]) => one)), Math.max(...sampling.map(([, one]) => one))];
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const ids = sampling.map(([across, down], index) => [index + 1, (across << 4) | down, 0]);
  const scan = (components: readonly number[]): Buffer[] => {
    const [alone] = components.length === 1 ? components : [];
    const [across, down] = sampling[alone ?? -1] ?? [1, 1];
    const units =
      alone === undefined
        ? Math.ceil(width / maxAcross / 8) * Math.ceil(height / maxDown / 8)
        : Math.ceil((width * across) / maxAcross / 8) * Math.ceil((height * down) / maxDown / 8);
    const blocks =
      alone === undefined
        ? components.reduce((sum, one) => sum + (sampling[one] ?? [1, 1]).reduce((a, b) => a * b), 0)
        : 1;
    const sent = Math.min(units, shape.units ?? units);
    const step = restartInterval || sent;
    const data: Buffer[] = [];
    for (let unit = 0; unit < sent; unit += step) {
      if (unit > 0) data.push(Buffer.from([0xff, 0xd0 + ((unit / step - 1) & 7)]));
      data.push(Buffer.alloc(Math.ceil((Math.min(step, sent - unit) * blocks * 2) / 8)));
    }
    const parts = components.flatMap((one) => [one + 1, 0]);
    return [segment(0xda, Buffer.from([components.length, ...parts, 0, 63, 0])), ...data];
  };
  const all = sampling.map((_, index) => index);
  return Buffer.concat([
    SOI,
    ...extra,
    quantization(),
    segment(process, Buffer.from([8, ...size, sampling.length, ...ids.flat()])),
    huffman(0, 0),
    huffman(1, 0),
    ...(restartInterval ? [segment(0xdd, Buffer.from([restartInterval >> 8, restartInterval & 255]))] : []),
    ...(isApart ? all.flatMap((one) => scan([one])) : scan(all)),
    EOI,
  ]);
}

/** Tells that four components are CMYK (0) or YCCK (2), three RGB (0) or YCbCr (1). */
export const adobe = (transform: number): Buffer =>
  segment(0xee, Buffer.concat([Buffer.from('Adobe\0d\0\0\0\0', 'latin1'), Buffer.from([transform])]));
