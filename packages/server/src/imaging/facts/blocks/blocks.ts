import type { ByteWindow } from '../../inspect/structure/byte-window.ts';

/** The metadata of a file, as it stands there. */
export interface Blocks {
  /** From its TIFF header on. */
  exif?: ByteWindow | undefined;
  /** A packet of XMP. */
  xmp?: Uint8Array | undefined;
  hasC2pa: boolean;
}

/** A place in a file. */
export interface Part {
  readonly at: number;
  readonly sizeBytes: number;
}

/** The part as a file of its own. */
export const windowOf = (file: ByteWindow, { at, sizeBytes }: Part): ByteWindow => ({
  sizeBytes,
  bytesAt: (offset, count) => file.bytesAt(at + offset, Math.max(0, Math.min(count, sizeBytes - offset))),
});

/** Bytes in memory as a file. */
export const windowOn = (bytes: Uint8Array): ByteWindow => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { sizeBytes: bytes.length, bytesAt: (offset, count) => buffer.subarray(offset, offset + count) };
};

/** With which EXIF begins in a JPEG, and sometimes elsewhere. One byte of padding follows. */
const EXIF_MARK = 'Exif\0';

/** EXIF without the mark that it may begin with; undefined: no TIFF header follows. */
export function exifIn(file: ByteWindow, { at, sizeBytes }: Part): ByteWindow | undefined {
  const head = file.bytesAt(at, EXIF_MARK.length + 3).toString('latin1');
  const skipped = head.startsWith(EXIF_MARK) ? EXIF_MARK.length + 1 : 0;
  const isTiff = ['II', 'MM'].includes(head.slice(skipped, skipped + 2));
  return isTiff ? windowOf(file, { at: at + skipped, sizeBytes: sizeBytes - skipped }) : undefined;
}

/** A copy of at most 1 MB, because the window changes; undefined: there is more. */
export const copyOf = (file: ByteWindow, { at, sizeBytes }: Part): Uint8Array | undefined =>
  sizeBytes > MAX_COPIED_BYTES ? undefined : Uint8Array.from(file.bytesAt(at, sizeBytes));

const MAX_COPIED_BYTES = 1_048_576;

/** The type of the JUMBF box that holds a C2PA manifest store (C2PA 2.1, 11.1.4.2). */
const C2PA_TYPE = Buffer.from('6332706100110010800000aa00389b71', 'hex');

/** Whether a JUMBF box begins there that holds a C2PA manifest. */
export function isC2paBox(file: ByteWindow, at: number): boolean {
  const head = file.bytesAt(at, 32);
  const types = head.toString('latin1', 4, 8) + head.toString('latin1', 12, 16);
  return types === 'jumbjumd' && head.subarray(16, 32).equals(C2PA_TYPE);
}
