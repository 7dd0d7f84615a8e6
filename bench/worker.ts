import { setTimeout as delay } from 'node:timers/promises';
import type { ImageId } from '../packages/server/src/domain/image/image-id.ts';
import { type Cloud, createCloud, joinCloud, type OwnService } from '../packages/server/test/services/cloud.ts';
import { tell } from '../packages/server/test/services/queue-messages.ts';
import { environmentOfQueue } from '../packages/server/test/services/queued-cloud.ts';
import { startWorkerIn } from '../packages/server/test/services/running-worker.ts';
import { json } from '../packages/server/test/services/service.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { startFront } from '../test/servers/front.ts';
import { createQueue } from '../test/servers/queue.ts';
import { sqsForTests } from '../test/servers/sqs-for-tests.ts';
import { shareOut } from './clients.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT } from './program.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const UPLOADS = 200;
const CLIENTS = 8;
/** Each of all uploads: the table must hold few of them. */
const LOOK_EVERY_MS = 500;
const SLOW_MS = 30_000;

/**
 * Uploads that one worker with four slots makes ready per second, while a job that waits for the store holds one of the
 * slots.
 */
export async function worker(): Promise<readonly Measurement[]> {
  await using cloud = await createCloud();
  await using own = await joinCloud(cloud);
  const picture = await testImage({ type: 'image/jpeg', width: 640, height: 480 });
  const rounds = await alternate(ROUNDS, {
    subject: () => readyEachSecond(cloud, own, { picture, isOneSlow: true }),
    floor: () => readyEachSecond(cloud, own, { picture, isOneSlow: false }),
  });
  const what = 'worker, uploads made ready a second while one job of 30 s holds one of four slots / without it';
  return [compare(what, rounds, { unit: perSecond, goal: { atLeast: 0.7 } })];
}

interface Round {
  readonly picture: Uint8Array;
  readonly isOneSlow: boolean;
}

async function readyEachSecond(cloud: Cloud, own: OwnService, { picture, isOneSlow }: Round): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs));
  const slow = isOneSlow ? await arrived(own, picture) : undefined;
  const waiting = Promise.withResolvers<void>();
  const store = stack.use(
    await startFront(async ({ url = '' }) => {
      if (slow !== undefined && url.includes(slow)) {
        waiting.resolve();
        await delay(SLOW_MS, undefined, { ref: false });
      }
      return cloud.bucket.s3.url;
    }),
  );
  const ids: ImageId[] = [];
  await shareOut(Array(UPLOADS).keys(), CLIENTS, async () => void ids.push(await arrived(own, picture)));

  const folder = stack.use(await temporaryFolder());
  const environment = { ...cloud.environment, ...environmentOfQueue(queue), AWS_ENDPOINT_URL_S3: store.url };
  stack.use(await startWorkerIn(folder.path, { ...environment, ...SILENT, WORKER_SLOTS: '4' }));
  if (slow !== undefined) {
    await tell(queue, [finalize(slow)]);
    await waiting.promise;
  }
  await tell(queue, ids.map(finalize));
  const readyAt = await Promise.all(ids.map((id) => readyTime(own, id)));
  const isHeld = slow === undefined || (await own.services.images.get(slow))?.status === 'pending';
  if (!isHeld) throw new Error('expected all others to be ready before the slow one; they were not');
  return ((UPLOADS - 1) * 1000) / (Math.max(...readyAt) - Math.min(...readyAt));
}

const finalize = (image_id: ImageId) => ({ kind: 'finalize', image_id });

/** An upload with its bytes in the bucket, without an event. */
async function arrived(own: OwnService, picture: Uint8Array): Promise<ImageId> {
  const granted = await own.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }));
  const { image_id: id } = (await granted.json()) as { image_id: ImageId };
  await own.leave(id, picture);
  return id;
}

async function readyTime({ services: { images } }: OwnService, id: ImageId): Promise<number> {
  for (;;) {
    const image = await images.get(id);
    if (image?.status === 'ready') return image.uploadedAt.getTime();
    await delay(LOOK_EVERY_MS);
  }
}
