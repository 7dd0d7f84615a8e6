import { ALBUM_CHANGED, eventIdOf, type ImageEvent } from './image-event.ts';

/** An event as readers and receivers of webhooks get it. */
export const eventJson = (event: ImageEvent) =>
  event.type === ALBUM_CHANGED ? albumEventJson(event) : imageEventJson(event);

const albumEventJson = (event: ImageEvent) => ({
  event_id: eventIdOf(event),
  type: event.type,
  album_id: event.imageId,
  user_id: event.userId,
  revision: event.revision,
  time: event.at.toISOString(),
});

const imageEventJson = (event: ImageEvent) => ({
  event_id: eventIdOf(event),
  type: event.type,
  image_id: event.imageId,
  user_id: event.userId,
  revision: event.revision,
  status: event.status,
  time: event.at.toISOString(),
  ...(event.code !== null && { code: event.code }),
  ...(event.changed.length > 0 && { changed: event.changed }),
});
