import type { Rejection } from './image.ts';
import type { ImageId } from './image-id.ts';
import type { ObjectKey } from './object-key.ts';
import type { Part } from './part-health.ts';

/** Events that an operator may want to count or to be told of. `event` is the fixed name in the log. */
export type ServiceEvent =
  | ({ readonly event: 'upload-rejected'; readonly imageId: ImageId } & Rejection)
  /** The store has other bytes than the verified ones under an original's key. They aren't served. */
  | { readonly event: 'object-replaced'; readonly imageId: ImageId; readonly objectKey: ObjectKey }
  /** Lists and the sweeper omit a record that this version can't read. `reason` contains no client text. */
  | { readonly event: 'unreadable-record'; readonly imageId: ImageId; readonly reason: string }
  /**
   * A call failed, the first in a while (`part-degraded`), or every write has failed for a while (`part-failing`).
   * `reason`: of this call.
   */
  | { readonly event: 'part-degraded' | 'part-failing'; readonly part: Part; readonly reason: string }
  /** The sweeper removed objects that no record refers to. */
  | { readonly event: 'orphans-removed'; readonly objects: number }
  /** Most images of a part of the bucket have no record: none of their objects is removed. */
  | { readonly event: 'objects-without-records'; readonly images: number }
  /** A job of another version stays in the queue. `kind`: its own name, truncated. */
  | { readonly event: 'unknown-job'; readonly kind: string };

export type ReportEvent = (event: ServiceEvent) => void;
