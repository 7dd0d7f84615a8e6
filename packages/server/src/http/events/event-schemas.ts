import * as z from 'zod';
import { EVENT_TYPES } from '../../domain/event/image-event.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import { got, imageIdText, numberParameter, userId } from '../request/fields.ts';

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
      .meta({ description: 'Only events of this type. Repeated: of any of them.' }),
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
