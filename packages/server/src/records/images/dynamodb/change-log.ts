import type { Album } from '../../../domain/album/album.ts';
import type { ChangedDetail } from '../../../domain/event/image-event.ts';
import type { Image } from '../../../domain/image/image.ts';
import type { Write } from '../../dynamodb/table.ts';

/** What is written of each change for the log of events. */
export interface ChangeLog {
  /**
   * To be called before the change is written; the result belongs to its transaction. `from` undefined: the record is
   * new.
   */
  writesOf(from: Image | undefined, to: Image, changedDetails?: readonly ChangedDetail[]): Promise<readonly Write[]>;
  /** Likewise, of a change of an album. */
  writesOfAlbum(from: Album | undefined, to: Album): Promise<readonly Write[]>;
}
