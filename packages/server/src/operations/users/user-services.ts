import type { RecordArchive } from '../../records/archive/record-archive.ts';
import type { UserRecords } from '../../records/archive/user-records.ts';
import type { EventLog } from '../../records/events/event-log.ts';
import type { WebhookRepository } from '../../records/webhooks/webhook-repository.ts';
import type { Services } from '../../services.ts';

/** What the deletion of a user needs, in the service or in an operator's command. */
export interface DeletionServices
  extends Pick<
    Services,
    'images' | 'albums' | 'keys' | 'objects' | 'coordination' | 'erasures' | 'clock' | 'newId' | 'randomBytes'
  > {
  readonly archive: RecordArchive;
  readonly userRecords: UserRecords;
  /** null: there is none. */
  readonly eventLog: Pick<EventLog, 'eraseUser'> | null;
  /** Also without EVENTS, as the log. */
  readonly webhooks: Pick<WebhookRepository, 'eraseUser'>;
  readonly settings: Pick<Services['settings'], 'presignedSeconds' | 'ignoresCase'>;
}

export interface DeletionOptions {
  readonly signal?: AbortSignal | undefined;
  /** Is told what it does, without the user's id. */
  readonly onProgress?: ((sentence: string) => void) | undefined;
}
