import type { RecordArchive } from '../../archive/record-archive.ts';
import type { UserRecords } from '../../archive/user-records.ts';
import type { Services } from '../../services.ts';

/** What the deletion of a user needs, in the service or in an operator's command. */
export interface DeletionServices
  extends Pick<Services, 'images' | 'objects' | 'coordination' | 'erasures' | 'clock' | 'newId' | 'randomBytes'> {
  readonly archive: RecordArchive;
  readonly userRecords: UserRecords;
  readonly settings: Pick<Services['settings'], 'presignedSeconds'>;
}

export interface DeletionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told what it does, without the user's id. */
  readonly onProgress?: ((sentence: string) => void) | undefined;
}
