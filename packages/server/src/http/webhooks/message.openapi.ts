import * as z from 'zod';
import { EVENT_TYPES } from '../../domain/event/image-event.ts';
import { TEST_TYPE } from '../../operations/webhooks/test-webhook.ts';
import type { JsonSchema } from '../contract/plain-schema.ts';
import { EXAMPLE_EVENT, imageEvent } from '../events/event-schemas.ts';
import { EXAMPLE_WEBHOOK_ID } from '../request/path-parts.ts';

const timestamp = z.iso.datetime().meta({ description: 'When it happened, in every attempt the same.' });

// Without ids of components: oapi-codegen prunes components that no path refers to, and its Go doesn't compile then.
const eventMessage = z.object({ type: z.enum(EVENT_TYPES), timestamp, data: imageEvent });

const testMessage = z.object({ type: z.literal(TEST_TYPE), timestamp, data: z.object({ webhook_id: z.uuid() }) });

const HEADERS = {
  'webhook-id': 'The same for each attempt: of an event its `event_id`. Ignore a message whose id you know.',
  'webhook-timestamp': 'Seconds since 1970 of this attempt. Refuse a message that is older than five minutes.',
  'webhook-signature':
    'Standard Webhooks: `v1,` and the HMAC-SHA256, in base64, of id, timestamp and body with full stops between them; while a secret is being replaced one for each secret, joined by a space.',
  'ce-specversion': 'CloudEvents 1.0, in the binary mode of its HTTP binding.',
  'ce-id': 'As webhook-id.',
  'ce-source': 'The origin of the service, or `/`.',
  'ce-type': 'As `type`.',
  'ce-time': 'As `timestamp`.',
  'ce-subject': 'The id of the image; of a test, of the webhook.',
} as const;

const RESPONSES: JsonSchema = {
  '2XX': { description: 'Taken. The body does not matter; its first KB is kept.' },
  '410': { description: 'Pauses the webhook: nothing more is sent to it.' },
  default: {
    description:
      'Failed, as an answer that takes longer than 15 s, or a redirect. Seven attempts within 24 hours; a Retry-After counts.',
  },
};

interface Message {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
}

const MESSAGES: Readonly<Record<string, Message>> = {
  imageEvent: {
    id: 'receiveEvent',
    summary: 'An event of an image',
    description: 'At least once. Messages about one image come in the order of its revisions.',
    schema: eventMessage,
    example: { type: EXAMPLE_EVENT.type, timestamp: EXAMPLE_EVENT.time, data: EXAMPLE_EVENT },
  },
  webhookTest: {
    id: 'receiveTest',
    summary: 'A test of the webhook',
    description: 'What `POST /webhooks/{webhook_id}/test` sends.',
    schema: testMessage,
    example: { type: TEST_TYPE, timestamp: EXAMPLE_EVENT.time, data: { webhook_id: EXAMPLE_WEBHOOK_ID } },
  },
};

/** The requests that the service makes of receivers, as the `webhooks` of OpenAPI 3.1. */
export const webhookMessages = (schemaOf: (schema: z.ZodType) => JsonSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(MESSAGES).map(([name, { id, summary, description, schema, example }]) => [
      name,
      {
        post: {
          operationId: id,
          summary,
          description,
          tags: ['webhooks'],
          security: [], // the signature in the headers
          parameters: Object.entries(HEADERS).map(([header, about]) => ({
            name: header,
            in: 'header',
            required: true,
            description: about,
            schema: { type: 'string' },
          })),
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: schemaOf(schema), examples: { message: { value: example } } },
            },
          },
          responses: RESPONSES,
        },
      },
    ]),
  );
