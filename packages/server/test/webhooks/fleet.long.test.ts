import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { answers, never, OK, startReceiver } from '../../../../test/servers/webhook-receiver.ts';
import { closedBy } from '../services/closed-service.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createPostgresCloud, NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { createTestService, json } from '../services/service.ts';

const PICTURE = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 6 }));
const LIFE = ['image.ready', 'image.updated', 'image.deleted'];
const IMAGES = 10;

type CreateCloud = () => Promise<AsyncDisposable & { readonly environment: Readonly<Record<string, string>> }>;

/** An API on shared records and a bucket, whose workers are processes of their own. */
async function createFleet(create: CreateCloud) {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await create());
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-webhooks-')));
  const environment = {
    ...cloud.environment,
    AUTH: 'api-key',
    RATE_LIMITS: 'off',
    EVENTS: 'on',
    OUTBOUND_ALLOW: '127.0.0.1/32',
    SECRET_KEY: 's'.repeat(32),
  };
  const clock = movingClock();
  const service = stack.use(await closedBy(await createTestService({ environment, overrides: { clock } }), clock));
  const held = stack.move();
  const asked = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const answer = await service.as(service.admin, path, init);
    const text = await answer.text();
    assert.ok(answer.ok, `expected ${path} to succeed; got ${answer.status}: ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  return {
    worker: () => startWorkerIn(folder.path, environment),
    webhook: async (url: string) => String((await asked('/webhooks', json({ url })))['webhook_id']),
    /** Uploads, changes and deletes an image. */
    async life(): Promise<string> {
      const upload = { method: 'POST', body: PICTURE, headers: { 'content-type': 'image/png' } };
      const id = String((await asked('/images/upload?user_id=ada', upload))['image_id']);
      await asked(`/images/${id}?user_id=ada`, { ...json({ tags: ['sea'] }), method: 'PATCH' });
      await asked(`/images/${id}?user_id=ada`, { method: 'DELETE' });
      return id;
    },
    async delivered(id: string): Promise<number> {
      const query = {
        limit: 1_000,
        after: undefined,
        status: 'delivered',
        since: undefined,
        until: undefined,
      } as const;
      return (await service.services.events?.webhooks.deliveries(id, query))?.deliveries.length ?? 0;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

describe('webhooks on DynamoDB with two workers', { skip: NO_CLOUD }, () => describeFleet(createCloud));
describe('webhooks on PostgreSQL with two workers', { skip: NO_POSTGRES_CLOUD }, () =>
  describeFleet(createPostgresCloud),
);

function describeFleet(create: CreateCloud): void {
  it('tell each change of each image in its order, beside a kill of the worker that delivers', async () => {
    await using fleet = await createFleet(create);
    const counts = new Map<string, number>();
    await using receiver = await startReceiver((message, ...rest) => {
      const count = (counts.get(message.id) ?? 0) + 1;
      counts.set(message.id, count);
      return (message.revision === 3 && count === 1 ? answers(500) : OK)(message, ...rest);
    });
    await using silent = await startReceiver(never);
    await fleet.webhook(silent.url);
    const id = await fleet.webhook(receiver.url);
    await using first = await fleet.worker();
    const ids: string[] = [];
    for (let n = 0; n < IMAGES; n += 1) ids.push(await fleet.life());
    await receiver.until(IMAGES);
    await using _second = await fleet.worker();
    await first.kill();
    for (let n = 0; n < IMAGES; n += 1) ids.push(await fleet.life());
    while ((await fleet.delivered(id)) < ids.length * LIFE.length) await delay(1_000);
    for (const one of ids) {
      const types = receiver.received.filter(({ imageId }) => imageId === one).map(({ type }) => type);
      assert.deepEqual([...new Set(types)], LIFE);
    }
    assert.ok(receiver.load.most <= 16, `expected at most 8 requests of each worker; got ${receiver.load.most}`);
  });
}
