import type { Rejection } from './image.ts';
import type { ImageId } from './image-id.ts';

/** What an operator may want to count or be told of. `event` is its fixed name in the log. */
export type ServiceEvent = {
  readonly event: 'upload-rejected';
  readonly imageId: ImageId;
} & Rejection;

export type ReportEvent = (event: ServiceEvent) => void;
