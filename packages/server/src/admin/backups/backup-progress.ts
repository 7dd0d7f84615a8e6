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
  /** Of `images`, those that the target has now. */
  readonly stored: number;
  readonly copiedObjects: number;
  readonly copiedBytes: number;
  /** Of `images`, those that were compared with the store. */
  readonly examined: number;
  /** Of originals that were read to compare them, in the store and in the target. */
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
