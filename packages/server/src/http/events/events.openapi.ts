import type { Operation } from '../route.ts';
import { EXAMPLE_CURSOR, EXAMPLE_EVENT, EXAMPLE_UPDATE, eventList, eventsQuery } from './event-schemas.ts';

export const read: Operation = {
  id: 'readEvents',
  summary: 'Read the changes of images, or follow them',
  description:
    'Every change of an image, in the order of its revisions; events of different images may come in any order. Continue with `next_cursor`. With `Accept: text/event-stream` the answer is a stream of server-sent events, which goes on; `limit` and `wait` mean nothing there.',
  tag: 'events',
  query: eventsQuery,
  refusesUnknownNames: true,
  headers: ['X-User-Id', 'Last-Event-ID'],
  responses: {
    200: {
      description: 'A page of events that match every filter, or a stream of them.',
      json: eventList,
      mediaTypes: ['text/event-stream'],
      examples: {
        page: {
          summary: 'An upload and a change of it',
          value: {
            count: 2,
            events: [EXAMPLE_EVENT, EXAMPLE_UPDATE],
            next_cursor: EXAMPLE_CURSOR,
            has_more: false,
          },
        },
        none: {
          summary: 'Nothing has happened since',
          value: { count: 0, events: [], next_cursor: EXAMPLE_CURSOR, has_more: false },
        },
      },
    },
  },
  problems: ['route-not-found', 'invalid-cursor', 'cursor-expired', 'overloaded'],
};
