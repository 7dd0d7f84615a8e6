import type { ImageId } from '../image/image-id.ts';
import type { EventType, ImageEvent } from './image-event.ts';

/** Which events a reader wants: those that match all of it. */
export interface EventFilter {
  /** Empty: all types. */
  readonly types: readonly EventType[];
  /** undefined: of all users. */
  readonly userId: string | undefined;
  /** undefined: of all images. */
  readonly imageId: ImageId | undefined;
}

export const EVERY_EVENT: EventFilter = { types: [], userId: undefined, imageId: undefined };

export const isWanted = ({ types, userId, imageId }: EventFilter, event: ImageEvent): boolean =>
  (types.length === 0 || types.includes(event.type)) &&
  (userId === undefined || userId === event.userId) &&
  (imageId === undefined || imageId === event.imageId);
