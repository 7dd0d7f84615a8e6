import * as z from 'zod';
import { REJECTION_CODES } from '../../domain/errors.ts';
import { CHANGED_FIELDS, EVENT_TYPES } from '../../domain/event/image-event.ts';
import type { Status } from '../../domain/image/image.ts';
import { EXAMPLE_ID } from '../request/path-parts.ts';

/** Schemas of answers, for openapi.json, with examples. */
export const imageEvent = z
  .object({
    event_id: z.string().meta({ description: 'The same whenever the event is told: ignore one that you know.' }),
    type: z.enum(EVENT_TYPES),
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

export const eventList = z
  .object({
    count: z.int().meta({ description: 'The number of events on this page.' }),
    events: z.array(imageEvent),
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
