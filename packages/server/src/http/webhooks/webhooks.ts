import { requireWebhooks } from '../../operations/checks/require-enabled.ts';
import { changeWebhook } from '../../operations/webhooks/change-webhook.ts';
import { createWebhook } from '../../operations/webhooks/create-webhook.ts';
import { findDeliveries } from '../../operations/webhooks/find-deliveries.ts';
import { readWebhook } from '../../operations/webhooks/read-webhook.ts';
import { removeWebhook } from '../../operations/webhooks/remove-webhook.ts';
import { replayDeliveries } from '../../operations/webhooks/replay-deliveries.ts';
import { rotateSecret } from '../../operations/webhooks/rotate-secret.ts';
import { testWebhook } from '../../operations/webhooks/test-webhook.ts';
import type { EventServices, Services } from '../../services.ts';
import { acceptedAnswer, addHeaders, createdAnswer, jsonAnswer, UNCACHED } from '../answers/answer.ts';
import { readJson } from '../bodies/request-body.ts';
import { parametersOf } from '../request/query.ts';
import { parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { attemptJson, deliveryJson, webhookJson, webhookWithSecretJson } from './webhook-json.ts';
import { changeWebhookBody, createWebhookBody, deliveriesQuery, replayBody } from './webhook-schemas.ts';
import * as operations from './webhooks.openapi.ts';

/** A URL of 2,048 characters and a user or a prefix of 128, each of up to 12 bytes in JSON, and the types. */
const MAX_WEBHOOK_BYTES = 32_768;
/** 1,000 ids of events. */
const MAX_REPLAY_BYTES = 131_072;

interface WebhookRoute extends Omit<Route, 'handle'> {
  readonly handle: (c: RouteContext, events: EventServices, services: Services) => Promise<Response>;
}

/** A route that exists with EVENTS=on and AUTH. No cache keeps its answers. */
const webhookRoute = ({ handle, ...row }: WebhookRoute): Route => ({
  ...row,
  handle(c, services) {
    addHeaders(c, UNCACHED);
    return handle(c, requireWebhooks(services), services);
  },
});

export const webhookRoutes: readonly Route[] = [
  webhookRoute({
    method: 'POST',
    path: '/webhooks',
    operation: operations.create,
    async handle(c, events, services) {
      const { url, types, user_id, user_prefix } = parse(
        createWebhookBody,
        await readJson(c, { maxBytes: MAX_WEBHOOK_BYTES }),
        'body',
      );
      const terms = { url, types: types ?? [], userId: user_id ?? null, userPrefix: user_prefix ?? null };
      const created = await createWebhook(services, events, terms);
      c.set('concerns', { webhookId: created.webhook.id });
      return createdAnswer(c, webhookWithSecretJson(created, services.clock.now()), {
        location: `/webhooks/${created.webhook.id}`,
        ...UNCACHED,
      });
    },
  }),
  webhookRoute({
    method: 'GET',
    path: '/webhooks',
    operation: operations.list,
    async handle(c, { webhooks }, { clock }) {
      const all = await webhooks.list();
      return jsonAnswer(c, { count: all.length, webhooks: all.map((one) => webhookJson(one, clock.now())) });
    },
  }),
  webhookRoute({
    method: 'GET',
    path: '/webhooks/:webhook_id',
    operation: operations.describe,
    handle: async (c, events, { clock }) => jsonAnswer(c, webhookJson(await readWebhook(events, idOf(c)), clock.now())),
  }),
  webhookRoute({
    method: 'PATCH',
    path: '/webhooks/:webhook_id',
    operation: operations.change,
    async handle(c, events, services) {
      const given = parse(changeWebhookBody, await readJson(c, { maxBytes: MAX_WEBHOOK_BYTES }), 'body');
      const { url, types, user_id: userId, paused: isPaused } = given;
      const change = { url, types: types === null ? [] : types, userId, isPaused };
      return jsonAnswer(
        c,
        webhookJson(await changeWebhook(services, events, { id: idOf(c), change }), services.clock.now()),
      );
    },
  }),
  webhookRoute({
    method: 'DELETE',
    path: '/webhooks/:webhook_id',
    operation: operations.remove,
    async handle(c, events) {
      await removeWebhook(events, idOf(c));
      return jsonAnswer(c, { webhook_id: idOf(c).toLowerCase() });
    },
  }),
  webhookRoute({
    method: 'POST',
    path: '/webhooks/:webhook_id/rotate',
    operation: operations.rotate,
    handle: async (c, events, services) =>
      jsonAnswer(c, webhookWithSecretJson(await rotateSecret(services, events, idOf(c)), services.clock.now())),
  }),
  webhookRoute({
    method: 'POST',
    path: '/webhooks/:webhook_id/test',
    operation: operations.test,
    async handle(c, events, services) {
      const { attempt, outcome } = await testWebhook(services, events, { id: idOf(c), signal: c.req.raw.signal });
      return jsonAnswer(c, { ...attemptJson(attempt), delivered: outcome === 'delivered' });
    },
  }),
  webhookRoute({
    method: 'GET',
    path: '/webhooks/:webhook_id/deliveries',
    operation: operations.deliveries,
    async handle(c, events) {
      const asked = parse(deliveriesQuery, parametersOf(c), 'query');
      const { status, limit, cursor } = asked;
      const { deliveries, nextCursor } = await findDeliveries(events, { id: idOf(c), status, limit, cursor });
      return jsonAnswer(c, {
        count: deliveries.length,
        deliveries: deliveries.map(deliveryJson),
        next_cursor: nextCursor,
      });
    },
  }),
  webhookRoute({
    method: 'POST',
    path: '/webhooks/:webhook_id/replay',
    operation: operations.replay,
    async handle(c, events, services) {
      const replay = parse(replayBody, await readJson(c, { maxBytes: MAX_REPLAY_BYTES }), 'body');
      const replayed = await replayDeliveries(services, events, { id: idOf(c), replay });
      return acceptedAnswer(c, { replayed }, UNCACHED);
    },
  }),
];

const idOf = (c: RouteContext): string => c.req.param('webhook_id') ?? '';
