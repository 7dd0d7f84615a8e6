import type { ImageId } from '../image/image-id.ts';
import { ALBUM_CHANGED, type ChangedField, type EventType, type ImageEvent } from './image-event.ts';

/** Which events a reader wants: those that match all of it. */
export interface EventFilter {
  /** Empty: all types of events of images. */
  readonly types: readonly EventType[];
  /** undefined: of all users. */
  readonly userId: string | undefined;
  /** The beginning of the ids of its users. */
  readonly userPrefix?: string | undefined;
  /** undefined: of all images. */
  readonly imageId: ImageId | undefined;
  /** The holder of a view token, who hears of ready images only. */
  readonly viewer?: { readonly seesMetadata: boolean } | undefined;
}

/** Those of images that a view token sees, or saw. An image that was trashed or deleted may have been held before. */
export const VIEWED_EVENTS = [
  'image.ready',
  'image.updated',
  'image.trashed',
  'image.restored',
  'image.replaced',
  'image.deleted',
] as const satisfies readonly EventType[];

export const EVERY_EVENT: EventFilter = { types: [], userId: undefined, imageId: undefined };

export const isWanted = (filter: EventFilter, event: ImageEvent): boolean => {
  const { types, userId, userPrefix, imageId } = filter;
  return (
    (types.length === 0 ? event.type !== ALBUM_CHANGED : types.includes(event.type)) &&
    (userId === undefined || userId === event.userId) &&
    (userPrefix === undefined || event.userId.startsWith(userPrefix)) &&
    (imageId === undefined || imageId === event.imageId) &&
    (filter.viewer === undefined || isViewed(filter, event))
  );
};

/** Whether the filter leaves out events of its user. */
export const isSelective = ({ types, userPrefix, imageId, viewer }: EventFilter): boolean =>
  types.length > 0 || userPrefix !== undefined || imageId !== undefined || viewer !== undefined;

const isViewed = (filter: EventFilter, event: ImageEvent): boolean => {
  if (event.type === 'image.updated') return event.status === 'ready' && shownEvent(filter, event).changed.length > 0;
  return VIEWED_EVENTS.some((type) => type === event.type);
};

/** The event without the names of fields that its reader doesn't see. */
export function shownEvent<Event extends ImageEvent>({ viewer }: EventFilter, event: Event): Event {
  if (viewer === undefined) return event;
  const isShown = (field: ChangedField): boolean =>
    !UNVIEWED.includes(field) && (viewer.seesMetadata || !OF_METADATA.includes(field));
  return { ...event, changed: event.changed.filter(isShown) };
}

/** No view token sees them. */
const UNVIEWED: readonly ChangedField[] = ['links', 'position'];
const OF_METADATA: readonly ChangedField[] = ['metadata', 'taken_at'];
