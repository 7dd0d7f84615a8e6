import type { SafelightError } from '../errors.ts';
import type { Image } from '../images/image.ts';
import type { Description } from '../upload/upload.ts';

/** `needs-file`: the item has survived a reload, but its file has not; add the file again. */
export type UploadState = 'waiting' | 'uploading' | 'verifying' | 'ready' | 'failed' | 'canceled' | 'needs-file';

interface AnyItem {
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** 0 to 1, never falling; 1 once the image is ready. */
  readonly progress: number;
  /** The image of the latest grant, if there was one when the state last changed. */
  readonly imageId: string | undefined;
  /** Whether the file outlasts this page: otherwise a reload needs it again. */
  readonly isKept: boolean;
}

/** One file of a queue. Items are immutable: a change replaces the object. */
export type UploadItem =
  | (AnyItem & { readonly state: 'ready'; readonly image: Image; readonly error: undefined })
  | (AnyItem & { readonly state: 'failed'; readonly image: undefined; readonly error: SafelightError })
  | (AnyItem & {
      readonly state: Exclude<UploadState, 'ready' | 'failed'>;
      readonly image: undefined;
      readonly error: undefined;
    });

/** The totals of all items but the canceled ones. */
export interface UploadTotals {
  readonly bytes: number;
  readonly sentBytes: number;
  /** Over the last seconds; 0 while nothing moves. */
  readonly bytesPerSecond: number;
  /** By the speed of the last half minute. Undefined if it can't be said: nothing moves, or nothing is left. */
  readonly secondsLeft: number | undefined;
}

/** A queue at one moment. Immutable, and the same object until something changes. */
export interface UploaderSnapshot {
  /** In the order in which they were added. */
  readonly items: readonly UploadItem[];
  readonly totals: UploadTotals;
  readonly isPaused: boolean;
  /** Why nothing moves although the queue isn't paused, such as `network`; it continues by itself. */
  readonly stalledBy: SafelightError | undefined;
}

export interface UploaderOptions {
  /** Uploads at once. 1 to 16, default 4. */
  readonly concurrency?: number | undefined;
  /** Under which a browser keeps the queue: one for each user who may sign in. Default `uploads`. */
  readonly name?: string | undefined;
  /**
   * In which Node keeps the queue, as paths of files from `openFile`. Absent: Node keeps nothing. Browsers have no use
   * for it.
   */
  readonly folder?: string | undefined;
}

/**
 * A queue of uploads that survives a reload. Its functions need no `this`; `subscribe` and `snapshot` fit React's
 * `useSyncExternalStore`.
 */
export interface Uploader {
  /**
   * Adds files, and resolves with their items once these would survive a reload. A file of an item that needs its file
   * continues that item. Uploads start before. Rejects in Node if `folder` can't keep an item: that item isn't in the
   * queue, and those before it are.
   */
  add(files: Blob | Iterable<Blob>, description?: Description): Promise<readonly UploadItem[]>;
  /** Starts no further item, and interrupts those that run. */
  pause(): void;
  resume(): void;
  /** Uploads one failed item again, or all failed items. A canceled item has no file any more: add it again. */
  retry(id?: string): void;
  /** Stops an item that isn't ready, and forgets its file. */
  cancel(id: string): void;
  /** Removes items that are ready or canceled from the list. */
  clear(): void;
  /** Those of the snapshot. */
  readonly items: readonly UploadItem[];
  snapshot(): UploaderSnapshot;
  /** Calls `listener` after each change, until the function that it returns is called. */
  subscribe(listener: () => void): () => void;
  /** Resolves when no item waits or runs. Items that failed or need their file don't count. */
  whenIdle(): Promise<void>;
  /** Interrupts what runs, and ends this object; a later uploader of the same name or folder continues. */
  close(): Promise<void>;
}
