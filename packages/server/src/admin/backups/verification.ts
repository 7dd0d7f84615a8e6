import type { BackupId } from '../archive/backup/names.ts';
import type { Target, TargetPath } from '../archive/place/target.ts';

export interface VerifyOptions {
  readonly target: Target;
  /** How many random objects are read whole; absent: all. The rest is compared by its size. */
  readonly sample?: number | undefined;
  readonly onProgress?: (read: { readonly objects: number; readonly bytes: number }) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyFinding {
  /** `unknown`: a file that no backup makes. `lacking`: the database was damaged, so the backup may lack records. */
  readonly kind: 'damaged' | 'missing' | 'unknown' | 'lacking';
  readonly path: TargetPath;
  readonly detail: string;
}

export interface Verified {
  readonly backups: number;
  readonly images: number;
  readonly objects: number;
  readonly readObjects: number;
  readonly readBytes: number;
  readonly findings: readonly VerifyFinding[];
  /** Those that were read. */
  readonly ids: readonly BackupId[];
}
