import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import { SWEEPS } from '../../src/operations/upkeep/sweep.ts';
import { startWorker, sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { createClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

const PICTURE = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 6 }));

const createService = () => createClosedService({ environment: { EVENTS: 'on', OUTBOUND_ALLOW: '127.0.0.1/32' } });

describe('a service with a webhook', () => {
  it('tells each change of an image while its worker runs', async () => {
    await using receiver = await startReceiver();
    await using service = await createService();
    const made = await service.as(service.admin, '/webhooks', json({ url: receiver.url }));
    assert.equal(made.status, 201);
    await using _worker = startWorker({ services: service.services });
    const upload = await service.as(service.admin, '/images/upload?user_id=ada', {
      method: 'POST',
      body: PICTURE,
      headers: { 'content-type': 'image/png' },
    });
    assert.equal(upload.status, 200);
    const { image_id: id } = (await upload.json()) as { image_id: string };
    const change = { ...json({ tags: ['sea'] }), method: 'PATCH' };
    assert.equal((await service.as(service.admin, `/images/${id}?user_id=ada`, change)).status, 200);
    assert.ok((await service.as(service.admin, `/images/${id}?user_id=ada`, { method: 'DELETE' })).ok);
    await receiver.until(3);
    assert.deepEqual(
      receiver.received.map(({ type, imageId }) => [type, imageId]),
      ['image.ready', 'image.updated', 'image.deleted'].map((type) => [type, id]),
    );
  });

  it('tells them by a scheduled worker, too, and forgets deliveries after their time', async () => {
    await using receiver = await startReceiver();
    await using service = await createService();
    const made = await service.as(service.admin, '/webhooks', json({ url: receiver.url }));
    const { webhook_id: webhookId } = (await made.json()) as { webhook_id: string };
    const body = { method: 'POST', body: PICTURE, headers: { 'content-type': 'image/png' } };
    await service.as(service.admin, '/images/upload?user_id=ada', body);
    const sweep = () => sweepOnce(service.services, { holder: 'function', signal: new AbortController().signal });
    await sweep();
    assert.equal(receiver.received.length, 1);
    const left = async () =>
      (
        await service.services.events?.webhooks.deliveries(webhookId, {
          limit: 9,
          after: undefined,
          status: undefined,
          since: undefined,
          until: undefined,
        })
      )?.deliveries.length;
    assert.equal(await left(), 1);
    service.clock.offsetMs += 9 * 86_400_000;
    await sweep();
    assert.equal(await left(), 0);
  });

  it('ends the round of a scheduled worker before it tells that webhooks could not be read', async () => {
    await using service = await createService();
    const { events } = service.services;
    assert.ok(events);
    let done = 0;
    const services: Services = {
      ...service.services,
      observe: ({ event }) => {
        if (event === 'sweep-done') done += 1;
      },
      events: { ...events, webhooks: { ...events.webhooks, list: () => Promise.reject(new Error('no webhooks')) } },
    };
    await assert.rejects(
      sweepOnce(services, { holder: 'function', signal: new AbortController().signal }),
      /no webhooks/,
    );
    assert.ok(done >= SWEEPS.length, `expected ${SWEEPS.length} parts of the sweep to be done; got ${done}`);
  });

  it('sweeps and delivers in a scheduled worker before it tells what could not be published', async () => {
    await using service = await createService();
    const { events } = service.services;
    assert.ok(events);
    const done: string[] = [];
    const mover = {
      async move() {
        await new Promise(setImmediate);
        done.push('moved');
        throw new Error('an unreadable entry');
      },
      async oldestAt() {
        done.push('measured, for metrics that nobody reads');
        return null;
      },
    };
    const list = async () => {
      done.push('listed');
      return events.webhooks.list();
    };
    const services: Services = {
      ...service.services,
      observe: ({ event }) => void (event === 'sweep-done' && done.push(event)),
      events: { ...events, log: { ...events.log, mover }, webhooks: { ...events.webhooks, list } },
    };
    await assert.rejects(
      sweepOnce(services, { holder: 'function', signal: new AbortController().signal }),
      /an unreadable entry/,
    );
    assert.deepEqual(done.slice(0, 2), ['moved', 'listed']);
    assert.ok(done.length >= 2 + SWEEPS.length, `expected all parts of the sweep; got ${done}`);
  });
});
