import * as z from 'zod';
import { REJECTION_CODES } from '../../domain/errors.ts';
import { ALBUM_CHANGED, CHANGED_FIELDS, EVENT_TYPES, IMAGE_EVENT_TYPES } from '../../domain/event/image-event.ts';
import type { Status } from '../../domain/image/image.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { got, imageIdText, numberParameter, userId } from '../request/fields.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

const MAX_LIMIT = 1_000;
const DEFAULT_LIMIT = 100;
/** A proxy may end a request at 30 s. */
const MAX_WAIT_SECONDS = 25;

const eventType = z.enum(EVENT_TYPES, got(`expected one of ${EVENT_TYPES.join(', ')}`));

export const eventsQuery = z
  .object({
    cursor: z
      .string('expected one cursor')
      .optional()
      .meta({ description: "A page's `next_cursor`, or the `id` of a message. It holds for any filter." }),
    from: z
      .enum(['oldest', 'now'], got('expected oldest or now'))
      .optional()
      .meta({ description: 'Where to begin without a cursor: a page at the oldest event, a stream now.' }),
    limit: numberParameter({ max: MAX_LIMIT, otherwise: DEFAULT_LIMIT }),
    wait: numberParameter({ min: 0, max: MAX_WAIT_SECONDS, otherwise: 0 }).meta({
      description: 'Seconds to wait for an event if there is none yet. On Lambda 20 at most.',
    }),
    type: z
      .union([z.string(), z.array(z.string())])
      .transform((given) => [given].flat())
      .pipe(z.array(eventType))
      .default([])
      .meta({
        description:
          'Only events of this type. Repeated: of any of them. Absent: all of images, without `album.changed`.',
      }),
    user_id: userId.optional().meta({ description: "Only events of this user's images." }),
    image_id: imageIdText
      .transform((text, context): ImageId => {
        const id = parseImageId(text);
        if (id) return id;
        context.addIssue({ code: 'custom', message: 'expected an image id, a UUID' });
        return z.NEVER;
      })
      .optional()
      .meta({ description: 'Only events of this image.' }),
  })
  .refine(({ cursor, from }) => cursor === undefined || from === undefined, {
    error: 'expected a cursor or from; got both',
    path: ['from'],
  });

/** Schemas of answers, for openapi.json, with examples. */
export const imageEvent = z
  .object({
    event_id: z.string().meta({ description: 'The same each time that the event is sent: ignore one that you have.' }),
    type: z.enum(IMAGE_EVENT_TYPES),
    image_id: z.uuid(),
    user_id: z.string(),
    revision: z.int().meta({ description: 'Of the image after the change. Events of one image come in this order.' }),
    status: z.enum(['pending', 'held', 'ready', 'rejected', 'expired', 'trashed', 'deleted'] satisfies Status[]),
    time: z.iso.datetime(),
    code: z.enum(REJECTION_CODES).optional().meta({ description: 'Of `image.rejected`: the reason.' }),
    changed: z
      .array(z.enum(CHANGED_FIELDS))
      .optional()
      .meta({ description: 'Of `image.updated`: the changed fields. `links`: all links were revoked.' }),
  })
  .meta({ id: 'ImageEvent' });

export const albumEvent = z
  .object({
    event_id: z.string(),
    type: z.literal(ALBUM_CHANGED),
    album_id: z.uuid(),
    user_id: z.string(),
    revision: z.int().meta({ description: 'Counts the changes of the album and of its images.' }),
    time: z.iso.datetime(),
  })
  .meta({ id: 'AlbumEvent' });

export const eventList = z
  .object({
    count: z.int().meta({ description: 'The number of events on this page.' }),
    events: z.array(z.union([imageEvent, albumEvent])),
    next_cursor: z.string().meta({ description: 'From which the next event follows, also if there is none yet.' }),
    has_more: z.boolean().meta({ description: 'More can be read now, perhaps none of it matching.' }),
  })
  .meta({ id: 'EventList' });

export const EXAMPLE_EVENT = {
  event_id: `${EXAMPLE_ID}-2`,
  type: 'image.ready',
  image_id: EXAMPLE_ID,
  user_id: 'user123',
  revision: 2,
  status: 'ready',
  time: '2026-01-31T12:00:00.000Z',
} as const;

export const EXAMPLE_CURSOR = 'bSge64nFmuhih7HfJqQJSSoBzmwngZmMPJ6J9eEEraEUEFZhtP_0nx-O1LDb';

export const EXAMPLE_UPDATE = {
  ...EXAMPLE_EVENT,
  event_id: `${EXAMPLE_ID}-3`,
  type: 'image.updated',
  revision: 3,
  changed: ['tags', 'description'],
} as const;
