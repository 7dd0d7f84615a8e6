import * as z from 'zod';
import { EVENT_TYPES } from '../../domain/event/image-event.ts';
import { MAX_WEBHOOK_URL_LENGTH } from '../../domain/event/webhook.ts';
import { MAX_REPLAYED, type Replay } from '../../operations/webhooks/replay-deliveries.ts';
import { EXAMPLE_EVENT, imageEvent } from '../events/event-schemas.ts';
import {
  batchOf,
  closedObject,
  got,
  instant,
  line,
  listPage,
  recordedUserId,
  shortText,
  userPrefix,
} from '../request/fields.ts';
import { EXAMPLE_WEBHOOK_ID } from '../request/path-parts.ts';

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
    description: 'Only events of these types. null: of all of images, without `album.changed`.',
  })
  .nullish();

const filteredUserId = recordedUserId
  .nullish()
  .meta({ description: "Only events of this user's images. null: of all." });

const filteredPrefix = userPrefix
  .nullish()
  .meta({ description: 'Instead of `user_id`: only events of users whose ids begin so. It never changes.' });

export const createWebhookBody = closedObject({
  url,
  types,
  user_id: filteredUserId,
  user_prefix: filteredPrefix,
}).refine(({ user_id, user_prefix }) => !(user_id && user_prefix), {
  path: ['user_prefix'],
  message: 'expected user_id or user_prefix; got both',
});

export const changeWebhookBody = closedObject({
  url: url.optional(),
  types,
  user_id: filteredUserId,
  paused: z
    .boolean(got('expected true or false'))
    .optional()
    .meta({ description: 'true: nothing is sent; events are kept as long as the log keeps them. false: sends again.' }),
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

/** Schemas of answers, for openapi.json, with examples. */
export const webhook = z
  .object({
    webhook_id: z.uuid(),
    url: z.string(),
    types: z
      .array(z.enum(EVENT_TYPES))
      .readonly()
      .nullable()
      .meta({ description: 'null: events of all types of images.' }),
    user_id: z.string().nullable().meta({ description: "Only events of this user's images; null: of all." }),
    user_prefix: z
      .string()
      .optional()
      .meta({ description: 'Only events of users whose ids begin so. Absent: it is for no prefix.' }),
    paused: z
      .object({
        why: z.enum(['asked', 'gone', 'failing', 'restored']).meta({
          description:
            '`gone`: it answered 410. `failing`: every attempt of three days failed. `restored`: it came from a backup.',
        }),
        at: z.iso.datetime(),
      })
      .nullable()
      .meta({ description: 'null: it is active.' }),
    failing_since: z.iso.datetime().nullable().meta({ description: 'null: the last attempt succeeded.' }),
    skipped: z.object({ at: z.iso.datetime(), since: z.iso.datetime() }).nullable().meta({
      description:
        'Events from `since` on, up to those that the log still had at `at`, were never delivered, because the log had forgotten them.',
    }),
    former_secrets_until: z
      .array(z.iso.datetime())
      .readonly()
      .meta({ description: 'Until when each secret that a rotation replaced still signs, besides the current one.' }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'Webhook' });

export const webhookWithSecret = webhook
  .extend({
    secret: z.string().meta({
      description: 'The key that signs messages (Standard Webhooks): `whsec_` and base64. Never shown again.',
    }),
  })
  .meta({ id: 'WebhookWithSecret' });

export const webhookList = z
  .object({ count: z.int().meta({ description: 'The number of webhooks.' }), webhooks: z.array(webhook) })
  .meta({ id: 'WebhookList' });

export const webhookRemoval = z.object({ webhook_id: z.uuid() }).meta({ id: 'WebhookRemoval' });

const attempt = z.object({
  at: z.iso.datetime(),
  status: z.int().nullable().meta({ description: 'The HTTP status of the answer; null: there was none.' }),
  duration_ms: z.int(),
  answer: z.string().meta({ description: "The beginning of the answer's body, at most 1 KB; or why there was none." }),
});

export const webhookTest = attempt
  .extend({ delivered: z.boolean().meta({ description: 'The answer was a 2xx.' }) })
  .meta({ id: 'WebhookTest' });

const delivery = z
  .object({
    ...imageEvent.pick({ event_id: true, user_id: true, revision: true }).shape,
    type: z.enum(EVENT_TYPES),
    image_id: z.uuid().optional().meta({ description: 'Absent of `album.changed`.' }),
    album_id: z.uuid().optional().meta({ description: 'Of `album.changed`.' }),
    event_time: z.iso.datetime(),
    status: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.int(),
    next_attempt_at: z.iso.datetime().nullable().meta({ description: 'null: it is finished.' }),
    last_attempt: attempt.nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Delivery' });

export const deliveryList = z
  .object({
    count: z.int().meta({ description: 'The number of deliveries on this page, which may be short.' }),
    deliveries: z.array(delivery),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'DeliveryList' });

export const replay = z
  .object({ replayed: z.int().meta({ description: 'How many deliveries are due again.' }) })
  .meta({ id: 'Replay' });

export const EXAMPLE_WEBHOOK = {
  webhook_id: EXAMPLE_WEBHOOK_ID,
  url: 'https://shop.example/hooks/images',
  types: ['image.ready', 'image.rejected'],
  user_id: null,
  paused: null,
  failing_since: null,
  skipped: null,
  former_secrets_until: [],
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
};

/** The secret in the specification's own example. */
export const EXAMPLE_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const EXAMPLE_TEST = {
  at: '2026-01-31T12:00:01.000Z',
  status: 200,
  duration_ms: 84,
  answer: 'ok',
  delivered: true,
};

const { event_id, image_id, user_id, revision } = EXAMPLE_EVENT;
const { delivered: _, ...EXAMPLE_ATTEMPT } = EXAMPLE_TEST;
export const EXAMPLE_DELIVERY = {
  event_id,
  type: EXAMPLE_EVENT.type,
  image_id,
  user_id,
  revision,
  event_time: EXAMPLE_EVENT.time,
  status: 'delivered',
  attempts: 1,
  next_attempt_at: null,
  last_attempt: EXAMPLE_ATTEMPT,
  created_at: '2026-01-31T12:00:00.500Z',
};
