import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import type { components } from '@safelight/client';
import { answers, type Received, startReceiver } from '../../servers/webhook-receiver.ts';
import { type Api, json, newUser } from '../api.ts';
import type { EventPage } from '../event-answers.ts';
import { eventually } from '../eventually.ts';
import { picture } from '../pictures.ts';

type Webhook = components['schemas']['WebhookWithSecret'];
type Deliveries = components['schemas']['DeliveryList'];

/** Webhooks of a service that logs events. Only admins have webhooks, and only where callers are known. */
export const describeWebhooks = (api: Api): void => {
  const { asAdmin: admin } = api;
  describe('Webhooks', () => {
    if (api.isOpen || !admin) {
      it('exist for admins alone, and not in an open service', async () => {
        await api.refused(api.isOpen ? 'route-not-found' : 'forbidden', '/webhooks');
      });
      return;
    }

    /** undefined: the service may not ask this machine. */
    async function created(t: TestContext, url: string, user_id: string): Promise<Webhook | undefined> {
      const answer = await admin?.send('/webhooks', json({ url, user_id, types: ['image.ready', 'image.updated'] }));
      const body = await answer?.json();
      if (answer?.status === 201) return body as Webhook;
      assert.equal((body as { code: string }).code, 'invalid-request', JSON.stringify(body));
      t.skip('OUTBOUND_ALLOW of this service has no address of this machine');
      return undefined;
    }

    it('get signed messages of events in order, again after a failure, and again when replayed', async (t) => {
      let refused = 0;
      await using receiver = await startReceiver((message, response, request) => {
        const status = message.type === 'image.ready' && refused++ === 0 ? 500 : 204;
        return answers(status)(message, response, request);
      });
      const user = newUser();
      const webhook = await created(t, receiver.url, user);
      if (!webhook) return;
      const path = `/webhooks/${webhook.webhook_id}`;
      try {
        const { image_id } = await api.upload(user, await picture());
        await api.upload(newUser(), await picture());
        await api.ask(`/images/${image_id}`, json({ tags: ['a'] }, {}, 'PATCH'));
        await receiver.until(3);
        const { events } = await api.ask<EventPage>(`/events?user_id=${user}`);
        const [ready, updated] = events.map((event) => event.event_id);
        assert.deepEqual(idsOf(receiver.received), [ready, ready, updated]);
        for (const [index, message] of receiver.received.entries()) {
          assert.ok(isSigned(message, webhook.secret), `expected a signed message; got ${message.body}`);
          const { type, data } = JSON.parse(message.body);
          assert.deepEqual(data, events[Math.max(index - 1, 0)]);
          assert.deepEqual([message.headers['ce-type'], message.headers['ce-subject']], [type, image_id]);
        }
        await eventually(async () => {
          const { deliveries } = await admin.ask<Deliveries>(`${path}/deliveries?status=delivered`);
          assert.deepEqual(
            deliveries.map((one) => [one.event_id, one.attempts]),
            [
              [updated, 1],
              [ready, 2],
            ],
          );
        });
        await admin.send(`${path}/replay`, json({ event_ids: [updated] }));
        await receiver.until(4);
        assert.equal(receiver.received[3]?.id, updated);
      } finally {
        await admin.ask(path, { method: 'DELETE' });
      }
    });

    it('for a prefix get the events of users whose ids begin so, and of nobody else', async (t) => {
      await using receiver = await startReceiver();
      const prefix = `${newUser()}:`;
      const made = await admin.send('/webhooks', json({ url: receiver.url, user_prefix: prefix }));
      const webhook = (await made.json()) as Webhook;
      if (made.status !== 201) return t.skip('OUTBOUND_ALLOW of this service has no address of this machine');
      const path = `/webhooks/${webhook.webhook_id}`;
      try {
        assert.deepEqual([webhook.user_id, webhook.user_prefix], [null, prefix]);
        const tenant = prefix.slice(0, -1);
        for (const other of [tenant, `${tenant}2:ada`, `x${prefix}ada`]) await api.upload(other, await picture());
        const { image_id } = await api.upload(`${prefix}ada`, await picture());
        await receiver.until(1);
        const subjects = receiver.received.map(({ headers }) => headers['ce-subject']);
        assert.deepEqual(new Set(subjects), new Set([image_id]));
        await admin.refused('invalid-request', path, json({ user_id: `${prefix}ada` }, {}, 'PATCH'), 'user_id');
      } finally {
        await admin.ask(path, { method: 'DELETE' });
      }
    });

    it('get a test message, and are signed by both secrets after a rotation', async (t) => {
      await using receiver = await startReceiver();
      const webhook = await created(t, receiver.url, newUser());
      if (!webhook) return;
      const path = `/webhooks/${webhook.webhook_id}`;
      try {
        const next = await admin.ask<Webhook>(`${path}/rotate`, { method: 'POST' });
        const told = await admin.ask<{ delivered: boolean }>(`${path}/test`, { method: 'POST' });
        assert.equal(told.delivered, true);
        const [message] = receiver.received;
        for (const { secret } of [webhook, next]) assert.ok(message && isSigned(message, secret));
      } finally {
        await admin.ask(path, { method: 'DELETE' });
      }
    });
  });
};

const idsOf = (received: readonly Received[]): readonly string[] => received.map(({ id }) => id);

/** By the Standard Webhooks scheme, computed apart from the library that the service uses. */
function isSigned({ id, body, headers }: Received, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${id}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
  return String(headers['webhook-signature']).split(' ').includes(expected);
}
