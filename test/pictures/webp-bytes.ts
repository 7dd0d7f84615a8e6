import type { Size } from './size.ts';

/** RFC 9649, 2.3: with the byte that pads an odd one. */
export function webpChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** A file whose RIFF header has the size of its chunks. */
export function webpFile(...chunks: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks]);
  const head = Buffer.alloc(8);
  head.write('RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** The data of the first chunk of a type, outside of frames. */
export function webpData(file: Buffer, type: string): Buffer {
  for (let at = 12; at < file.length; ) {
    const sizeBytes = file.readUInt32LE(at + 4);
    if (file.toString('latin1', at, at + 4) === type) return file.subarray(at + 8, at + 8 + sizeBytes);
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  throw new Error(`expected a chunk of type ${type}; got none`);
}

export const WEBP_FLAGS = { animation: 0x02, exif: 0x08, alpha: 0x10, profile: 0x20 } as const;

export const webpCanvas = ({ width, height }: Size, flags: number): Buffer =>
  webpChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), uint24(width - 1), uint24(height - 1)]));

export const webpAnimation = (): Buffer => webpChunk('ANIM', Buffer.alloc(6));

/** At an even offset. */
export const webpFrame = (
  { left = 0, top = 0, width, height }: Size & { readonly left?: number; readonly top?: number },
  ...chunks: readonly Uint8Array[]
): Buffer => {
  const places = [left / 2, top / 2, width - 1, height - 1, 100].map(uint24);
  return webpChunk('ANMF', Buffer.concat([...places, Buffer.from([0]), ...chunks]));
};

function uint24(value: number): Buffer {
  const bytes = Buffer.alloc(3);
  bytes.writeUIntLE(value, 0, 3);
  return bytes;
}
