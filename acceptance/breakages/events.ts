import { breakagesOf } from './breakage.ts';

/** What the log tells, and to whom: `EVENTS=on`. */
export const EVENTS = [
  ...breakagesOf('domain/event/image-event.ts', [
    [
      'a restored image is told as a new one',
      "if (to.status === 'ready' && from?.status === 'trashed') return 'image.restored';",
      '',
    ],
    ['nobody hears that all links were revoked', 'links: from.epoch !== to.epoch', 'links: false'],
  ]),
  ...breakagesOf('records/events/event-reader.ts', [
    ['an event between two pages is lost', 'return left ? left.sequence - 1 : through;', 'return through;'],
  ]),
  ...breakagesOf('operations/events/follow-events.ts', [
    ['a stream that is resumed repeats its batch', 'position = positionAfter(position, event);', ''],
  ]),
  ...breakagesOf('http/events/events.ts', [
    ['events of other images pass the filter', '{ types, userId, imageId }', '{ types, userId, imageId: undefined }'],
    ['Last-Event-ID is ignored', "header(c, 'last-event-id') || asked.cursor", 'asked.cursor'],
    ['a stream begins with the past', "from: asked.from ?? 'now'", "from: asked.from ?? 'oldest'"],
  ]),
];

export const CLOSED_EVENTS = [
  ...breakagesOf('operations/events/event-pages.ts', [
    ["a user reads everyone's events", 'if (userId !== null) return { ...filter, userId };', ''],
  ]),
  ...breakagesOf('domain/event/webhook.ts', [
    ['a rotated secret ends at once', '.slice(0, MAX_SECRETS)', '.slice(0, 1)'],
  ]),
];
