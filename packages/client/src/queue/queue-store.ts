import type { SafelightError } from '../errors.ts';
import type { Description } from '../upload/upload.ts';

/** An error that ended an item. JSON. */
export type Failure = Pick<SafelightError, 'code' | 'detail' | 'status'> &
  Partial<Pick<SafelightError, 'errors' | 'quota' | 'params'>>;

/** What a queue knows of an item after a reload. JSON. */
export interface StoredItem {
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Milliseconds since 1970; 0 if unknown. */
  readonly lastModified: number;
  /** Lower-case hex. Only if the store doesn't keep the file, which is then recognized by it. */
  readonly sha256: string | undefined;
  readonly hasFile: boolean;
  readonly description: Description;
  /** Later items have larger numbers. */
  readonly place: number;
  /** A later attempt is another upload, with an Idempotency-Key of its own. From 1. */
  readonly attempt: number;
  /** Once the service has granted this attempt. */
  readonly imageId: string | undefined;
  readonly failure: Failure | undefined;
}

/** Keeps the items of a queue that aren't done. Errors: those of the platform, such as a full disk. */
export interface QueueStore {
  /** Random, and the same after a reload. */
  readonly queueId: string;
  /**
   * Items that it can't keep are refused: the program has asked for this place. A browser's store only makes a queue
   * better.
   */
  readonly isRequired: boolean;
  /** In the order in which they were added. An item that can't be read is one that failed, with the reason. */
  load(): Promise<readonly StoredItem[]>;
  /** Undefined once it was removed, perhaps by another tab. */
  get(id: string): Promise<StoredItem | undefined>;
  /** Keeps a new item, and its file if there is room. Resolves with the item, whose `hasFile` says so. */
  add(item: StoredItem, file: Blob): Promise<StoredItem>;
  /** Replaces what is known of an item. */
  put(item: StoredItem): Promise<void>;
  /** Undefined if it isn't kept, or is another one by now. */
  file(item: StoredItem): Promise<Blob | undefined>;
  remove(id: string): Promise<void>;
  close(): void;
}
