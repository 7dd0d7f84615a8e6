import type { ByteWindow } from '../byte-window.ts';

/**
 * The file with the bits of each byte reversed (TIFF 6.0, "FillOrder" 2), as libtiff reads all compressions but JPEG.
 */
export const reversedBits = (file: ByteWindow): ByteWindow => ({
  sizeBytes: file.sizeBytes,
  bytesAt: (offset, count) => reverse(Buffer.from(file.bytesAt(offset, count))),
});

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
);

function reverse(bytes: Buffer): Buffer {
  for (let at = 0; at < bytes.length; at++) bytes[at] = REVERSED[bytes[at] ?? 0] ?? 0;
  return bytes;
}
