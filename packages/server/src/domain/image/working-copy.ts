import { createHash } from 'node:crypto';

/** Under this name the record counts crashes on making it (`RenditionFailure`). */
export const WORKING_COPY = 'copy';

/** A smaller picture of an original, from which renditions are made. It is never served. */
export interface WorkingCopy {
  /** The SHA-256 of the copy's bytes, in lower-case hex: the last part of its object key. */
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly contentType: WorkingCopyType;
  readonly width: number;
  readonly height: number;
}

export const WORKING_COPY_TYPES = ['image/jpeg', 'image/webp'] as const;
/** JPEG if every pixel is opaque. */
export type WorkingCopyType = (typeof WORKING_COPY_TYPES)[number];

export const isCopyType = (type: string): type is WorkingCopyType => WORKING_COPY_TYPES.some((one) => one === type);

/** The name of a copy with these bytes. */
export const hashOfCopy = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
