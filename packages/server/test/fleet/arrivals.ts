import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { joinCloud } from '../services/cloud.ts';
import { isSettled } from '../services/queue-messages.ts';
import { createQueuedCloud } from '../services/queued-cloud.ts';
import { json } from '../services/service.ts';
import { holdSweeps } from '../upkeep/held-sweeps.ts';

const LOOK_EVERY_MS = 50;

export const USER = 'ada@x.test';
export const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed: 1 }));

/** A cloud that only the test sweeps, so that no sweep does an event's work. */
export async function createArrivals() {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createQueuedCloud());
  const own = stack.use(await joinCloud(cloud));
  await holdSweeps(own.services);
  const held = stack.move();

  const grant = async (): Promise<Image['id']> => {
    const asked = json({ user_id: USER, content_type: 'image/jpeg' });
    return ((await (await own.request('/images/upload', asked)).json()) as { image_id: Image['id'] }).image_id;
  };
  return {
    cloud,
    own,
    grant,
    /** With a date `ms` ago. */
    async grantBefore(ms: number) {
      own.clock.offsetMs = -ms;
      const id = await grant();
      own.clock.offsetMs = 0;
      return id;
    },
    async settled() {
      while (!(await isSettled(cloud.queue))) await delay(LOOK_EVERY_MS);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

export type Arrivals = Awaited<ReturnType<typeof createArrivals>>;

export const uploaded = async ({ own, grant }: Arrivals, bytes: Uint8Array): Promise<Image['id']> => {
  const id = await grant();
  await own.leave(id, bytes);
  return id;
};

export async function recordOf({ own }: Arrivals, id: Image['id']): Promise<Image> {
  const image = await own.services.images.get(id);
  assert.ok(image);
  return image;
}
