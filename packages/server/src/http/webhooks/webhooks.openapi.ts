import { BODY_PROBLEMS } from '../answers/problem.openapi.ts';
import { EXAMPLE_EVENT } from '../events/event-schemas.ts';
import type { Operation } from '../route.ts';
import {
  changeWebhookBody,
  createWebhookBody,
  deliveriesQuery,
  deliveryList,
  EXAMPLE_DELIVERY,
  EXAMPLE_SECRET,
  EXAMPLE_TEST,
  EXAMPLE_WEBHOOK,
  replay as replayAnswer,
  replayBody,
  webhook,
  webhookList,
  webhookRemoval,
  webhookTest,
  webhookWithSecret,
} from './webhook-schemas.ts';

/** The routes are there only with EVENTS=on and AUTH. */
const ALWAYS = ['route-not-found'] as const;
const OF_ONE = [...ALWAYS, 'webhook-not-found'] as const;

export const create: Operation = {
  id: 'createWebhook',
  summary: 'Create a webhook',
  description:
    'An address that gets events from now on, as signed messages (Standard Webhooks): at least once, those of one image in their order. At most 20. Only this answer and that of `rotate` contain the secret.',
  tag: 'webhooks',
  body: {
    'application/json': {
      schema: createWebhookBody,
      examples: {
        all: { summary: 'Every event', value: { url: 'https://shop.example/hooks/images' } },
        some: {
          summary: "Two types of events of one user's images",
          value: {
            url: 'https://shop.example/hooks/images',
            types: ['image.ready', 'image.rejected'],
            user_id: 'user123',
          },
        },
      },
    },
  },
  responses: {
    201: {
      description: 'The webhook. Store its secret now: it is never shown again.',
      headers: { Location: 'The path of the webhook.' },
      json: webhookWithSecret,
      examples: {
        created: { summary: 'A new webhook', value: { ...EXAMPLE_WEBHOOK, secret: EXAMPLE_SECRET } },
      },
    },
  },
  problems: [...ALWAYS, ...BODY_PROBLEMS, 'too-many-webhooks', 'insufficient-storage'],
};

export const list: Operation = {
  id: 'listWebhooks',
  summary: 'List webhooks',
  description: 'All, the oldest first.',
  tag: 'webhooks',
  responses: {
    200: {
      description: 'The webhooks.',
      json: webhookList,
      examples: { one: { summary: 'One webhook', value: { count: 1, webhooks: [EXAMPLE_WEBHOOK] } } },
    },
  },
  problems: ALWAYS,
};

const EXAMPLES = { webhook: { summary: 'A webhook', value: EXAMPLE_WEBHOOK } };

export const describe: Operation = {
  id: 'describeWebhook',
  summary: 'A webhook, without its secret',
  tag: 'webhooks',
  responses: { 200: { description: 'The webhook.', json: webhook, examples: EXAMPLES } },
  problems: OF_ONE,
};

export const change: Operation = {
  id: 'changeWebhook',
  summary: 'Change, pause or resume a webhook',
  description:
    'Absent members stay as they are. Deliveries that wait already go to the new address; filters hold for events that become deliveries from now on.',
  tag: 'webhooks',
  body: {
    'application/json': {
      schema: changeWebhookBody,
      examples: {
        pause: { summary: 'Pause', value: { paused: true } },
        filter: { summary: 'All types of events', value: { types: null } },
      },
    },
  },
  responses: { 200: { description: 'The webhook as it is now.', json: webhook, examples: EXAMPLES } },
  problems: [...OF_ONE, ...BODY_PROBLEMS, 'insufficient-storage'],
};

export const remove: Operation = {
  id: 'removeWebhook',
  summary: 'Remove a webhook',
  description: 'With its deliveries: those that wait are not tried again.',
  tag: 'webhooks',
  responses: {
    200: {
      description: 'The webhook is removed.',
      json: webhookRemoval,
      examples: { removed: { summary: 'It is removed', value: { webhook_id: EXAMPLE_WEBHOOK.webhook_id } } },
    },
  },
  problems: [...OF_ONE, 'insufficient-storage'],
};

export const rotate: Operation = {
  id: 'rotateWebhookSecret',
  summary: "Replace a webhook's secret",
  description:
    'For 24 hours messages have two signatures, by the new and by the former secret. A secret that was rotated again within that time signs until its own 24 hours end; at most three sign.',
  tag: 'webhooks',
  responses: {
    200: {
      description: 'The webhook with its new secret. Store it now: it is never shown again.',
      json: webhookWithSecret,
      examples: {
        rotated: {
          summary: 'A new secret',
          value: {
            ...EXAMPLE_WEBHOOK,
            former_secrets_until: ['2026-02-02T08:00:00.000Z'],
            updated_at: '2026-02-01T08:00:00.000Z',
            secret: EXAMPLE_SECRET,
          },
        },
      },
    },
  },
  problems: [...OF_ONE, 'insufficient-storage'],
};

export const test: Operation = {
  id: 'testWebhook',
  summary: 'Send a test message',
  description:
    'Sends a signed message of the type `webhook.test` now, also to a paused webhook, and answers what came of it. It is no delivery: nothing is recorded or repeated.',
  tag: 'webhooks',
  responses: {
    200: {
      description: 'What came of it, also if the receiver refused it or did not answer.',
      json: webhookTest,
      examples: {
        delivered: { summary: 'The receiver took it', value: EXAMPLE_TEST },
        refused: {
          summary: 'The receiver did not answer',
          value: {
            ...EXAMPLE_TEST,
            status: null,
            duration_ms: 15_000,
            answer: 'expected an answer; got none: timeout',
            delivered: false,
          },
        },
      },
    },
  },
  problems: OF_ONE,
};

export const deliveries: Operation = {
  id: 'listDeliveries',
  summary: 'List deliveries of a webhook',
  description:
    'The latest event first. Finished ones are kept as long as events are. Continue with `next_cursor` until it is null; a page with a filter may be short.',
  tag: 'webhooks',
  query: deliveriesQuery,
  responses: {
    200: {
      description: 'A page of deliveries.',
      json: deliveryList,
      examples: {
        last: {
          summary: 'The last page',
          value: { count: 1, deliveries: [EXAMPLE_DELIVERY], next_cursor: null },
        },
      },
    },
  },
  problems: [...OF_ONE, 'invalid-cursor'],
};

export const replay: Operation = {
  id: 'replayDeliveries',
  summary: 'Deliver again',
  description:
    'Finished deliveries, delivered or failed, of single events or of a range of times, become due again with new attempts. At most 1,000 by one request. A range from before the webhook was created has no deliveries.',
  tag: 'webhooks',
  body: {
    'application/json': {
      schema: replayBody,
      examples: {
        one: { summary: 'One event', value: { event_ids: [EXAMPLE_EVENT.event_id] } },
        failed: {
          summary: 'What failed in an hour',
          value: { from: '2026-01-31T12:00:00Z', to: '2026-01-31T13:00:00Z', status: 'failed' },
        },
      },
    },
  },
  responses: {
    202: {
      description: 'They are due; `GET /webhooks/{webhook_id}/deliveries` says what becomes of them.',
      json: replayAnswer,
      examples: { one: { summary: 'One is due', value: { replayed: 1 } } },
    },
  },
  problems: [...OF_ONE, ...BODY_PROBLEMS, 'insufficient-storage'],
};
