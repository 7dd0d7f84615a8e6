import * as z from 'zod';
import { EVENT_TYPES } from '../../domain/event/image-event.ts';
import { MAX_WEBHOOK_URL_LENGTH } from '../../domain/event/webhook.ts';
import { MAX_REPLAYED, type Replay } from '../../operations/webhooks/replay-deliveries.ts';
import { batchOf, closedObject, got, instant, line, listPage, recordedUserId, shortText } from '../request/fields.ts';

/** The id of an image, `-`, and a revision. */
const MAX_EVENT_ID_LENGTH = 64;

const url = line('a URL', MAX_WEBHOOK_URL_LENGTH).meta({
  format: 'uri',
  maxLength: MAX_WEBHOOK_URL_LENGTH,
  description:
    'https on port 443 of a public host, or what OUTBOUND_ALLOW permits; without credentials or a fragment. A secret part of it may be in its path.',
  examples: ['https://shop.example/hooks/images'],
});

const type = z.enum(EVENT_TYPES, got(`expected one of ${EVENT_TYPES.join(', ')}`));
const types = batchOf('type', type, EVENT_TYPES.length)
  .transform((given) => EVENT_TYPES.filter((one) => given.includes(one)))
  .meta({
    type: 'array',
    minItems: 1,
    maxItems: EVENT_TYPES.length,
    items: { type: 'string', enum: [...EVENT_TYPES] },
    description: 'Only events of these types. null: of all.',
  })
  .nullish();

const filteredUserId = recordedUserId
  .nullish()
  .meta({ description: "Only events of this user's images. null: of all." });

export const createWebhookBody = closedObject({ url, types, user_id: filteredUserId });

export const changeWebhookBody = closedObject({
  url: url.optional(),
  types,
  user_id: filteredUserId,
  paused: z
    .boolean(got('expected true or false'))
    .optional()
    .meta({ description: 'true: nothing is sent; events are kept as long as the log keeps them. false: goes on.' }),
});

export const deliveryStatus = z.enum(['waiting', 'delivered', 'failed'], got('expected waiting, delivered or failed'));

export const deliveriesQuery = z.object({
  status: deliveryStatus.optional().meta({ description: 'Only deliveries with this status.' }),
  ...listPage,
});

const EXPECTED_REPLAY = 'expected event_ids alone, or from and to';

export const replayBody = closedObject({
  event_ids: batchOf('event id', shortText('expected an event id as text', MAX_EVENT_ID_LENGTH), MAX_REPLAYED)
    .optional()
    .meta({
      type: 'array',
      minItems: 1,
      maxItems: MAX_REPLAYED,
      items: { type: 'string' },
      description: 'The events of finished deliveries. Others are left out.',
    }),
  from: instant.optional().meta({ description: 'Events at this time or later, with `to`.' }),
  to: instant.optional().meta({ description: `Events at this time or earlier: at most ${MAX_REPLAYED} deliveries.` }),
  status: z
    .enum(['delivered', 'failed'], got('expected delivered or failed'))
    .optional()
    .meta({ description: 'Of a range, only deliveries with this status.' }),
}).transform(({ event_ids: eventIds, from, to, status }, context): Replay => {
  const isRange = from !== undefined || to !== undefined || status !== undefined;
  if (eventIds && !isRange) return { eventIds };
  if (!eventIds && from && to && from <= to) return { from, to, status };
  const [path, message] =
    !eventIds && from && to
      ? ['to', `expected a time from ${from.toISOString()} on; got ${to.toISOString()}`]
      : ['event_ids', `${EXPECTED_REPLAY}; got ${eventIds ? 'both' : 'less'}`];
  context.addIssue({ code: 'custom', path: [path], message });
  return z.NEVER;
});
