import type { ImageId } from '../../domain/image/image-id.ts';
import type { WhyLeftOut } from '../archive/backup/left-out.ts';

/** What a backup has done so far. */
export interface BackupProgress {
  readonly phase: 'records' | 'originals' | 'examining' | 'finishing';
  /** Records that were read. */
  readonly records: number;
  /**
   * Originals that the backup needs; one that several images share counts once for each. 0 until the records are read.
   */
  readonly images: number;
  /** The number of `images` that the target has now. */
  readonly stored: number;
  readonly copiedObjects: number;
  readonly copiedBytes: number;
  /** The number of `images` that were compared with the store. */
  readonly examined: number;
  /** The bytes of originals that were read in the store and in the target, to compare them. */
  readonly readBytes: number;
}

export type OnProgress = (progress: BackupProgress) => void;

/**
 * An image whose original isn't where its record says, or isn't what its record says, or whose record can't be read.
 */
export interface BackupFault {
  readonly imageId: ImageId;
  readonly kind: Exclude<WhyLeftOut, 'deleted'>;
  readonly detail: string;
}
