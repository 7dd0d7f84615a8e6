import { breakages } from './breakage.ts';

/** What the log tells, and to whom: `EVENTS=on`. */
export const EVENTS = breakages([
  ['a restored image is told as a new one', 'image-event.ts: typeOf', "if (to.status === 'ready' …;", ''],
  ['nobody hears that all links were revoked', 'changedFields', 'from.epoch !== to.epoch', 'false'],
  ['an event between two pages is lost', 'createEventReader', 'left ? left.sequence - 1 : ', ''],
  ['a stream that is resumed repeats its batch', 'follow-events.ts: batchOf', 'position = positionAfter…;', ''],
  ['events of other images pass the filter', 'eventRoutes', ', imageId', ', imageId: undefined'],
  ['Last-Event-ID is ignored', 'eventRoutes', "= header(c, 'last-event-id') ||", '='],
  ['a stream begins with the past', 'eventRoutes', 'now', 'oldest'],
]);

export const CLOSED_EVENTS = breakages([
  ["a user reads everyone's events", 'scopedEvents', 'if (userId !== …;', ''],
  [
    'a webhook for a prefix hears of everyone',
    'pageAfter',
    'userPrefix: userPrefix ?? undefined',
    'userPrefix: undefined',
  ],
  ['a webhook for a prefix hears of ids that contain it', 'isWanted', 'startsWith', 'includes'],
  ['a webhook for a prefix is also for a user', 'changeWebhook', 'from.userPrefix !== null && change.userId', 'false'],
  ['a rotated secret ends at once', 'rotatedSecrets', 'MAX_SECRETS', '1'],
]);
