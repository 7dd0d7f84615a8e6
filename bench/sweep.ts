import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { pendingImage } from '../packages/server/src/domain/image/image.ts';
import type { ImageId } from '../packages/server/src/domain/image/image-id.ts';
import { dueIn } from '../packages/server/src/records/images/all-due.fixture.ts';
import { type Cloud, createCloud, joinCloud, type OwnService } from '../packages/server/test/services/cloud.ts';
import { startWorkerIn } from '../packages/server/test/services/running-worker.ts';
import { testImage } from '../test/pictures/test-images.ts';
import { shareOut } from './clients.ts';
import { compare, judge, type Measurement, perSecond, type Unit } from './measurement.ts';
import { SILENT } from './program.ts';
import { type SlowStores, startSlowStores } from './slow-stores.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 3;
const GRANTS = 3_000;
const FLOOD = 100_000;
const DELAY_MS = 30;
const CLIENTS = 32;
const LOOK_EVERY_MS = 500;
const HOUR_MS = 3_600_000;
/** A worker's limit (run/worker.ts). */
const SWEEP_INTERVAL_MS = 60_000;
/** How long the flood has been swept when the lease of a dead process ends. */
const LAPSES_AFTER_MS = 5_000;

/** How workers sweep unused grants, behind a proxy that adds 30 ms to each store and table call. */
export async function sweep(): Promise<readonly Measurement[]> {
  const rounds: Record<1 | 2 | 4, Swept[]> = { 1: [], 2: [], 4: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const count of [1, 2, 4] as const) rounds[count].push(await sweptBy(count));
  }
  const ratesOf = (count: 1 | 2 | 4) => rounds[count].map(({ rate }) => rate);
  const what = (count: number) => `sweep, grants that nobody used, given up by ${count} workers / by one`;
  const s3Calls = Object.values(rounds).flatMap((all) => all.map((one) => one.s3Calls));
  const crashed = 'sweep, a crashed upload, from the end of its lease until it is ready';
  const ofInterval = { unit: wholeSeconds, goal: { atMost: SWEEP_INTERVAL_MS } };
  return [
    compare(what(2), { subject: ratesOf(2), floor: ratesOf(1) }, { unit: perSecond, goal: { atLeast: 1.6 } }),
    compare(what(4), { subject: ratesOf(4), floor: ratesOf(1) }, { unit: perSecond }),
    judge('sweep, S3 calls for each of these', s3Calls, { unit: hundredths, goal: { atMost: 3 } }),
    judge(`${crashed}, beside 100,000 such grants`, [await recoveryMs(FLOOD)], ofInterval),
  ];
}

const hundredths: Unit = (value) => value.toFixed(2);
const wholeSeconds: Unit = (ms) => `${Math.round(ms / 1000)} s`;

interface Swept {
  /** Grants per second. */
  readonly rate: number;
  /** Calls per grant; a delete of many counts as a whole one. */
  readonly s3Calls: number;
}

async function sweptBy(workers: number): Promise<Swept> {
  await using cloud = await createCloud();
  await using own = await joinCloud(cloud);
  const ids = await abandon(own, GRANTS);
  await using stores = await startSlowStores(cloud, DELAY_MS);
  await using _workers = await startWorkers(stores, workers);
  while (await isLeft(own)) await delay(LOOK_EVERY_MS);
  const endedAt: number[] = [];
  await shareOut(ids.values(), CLIENTS, async (id) => {
    const image = await own.services.images.get(id);
    if (image?.status !== 'expired') throw new Error(`expected image ${id} to be expired; it is ${image?.status}`);
    endedAt.push(image.updatedAt.getTime());
  });
  const tookMs = Math.max(...endedAt) - Math.min(...endedAt);
  return { rate: (GRANTS * 1000) / tookMs, s3Calls: stores.s3Calls() / GRANTS };
}

async function startWorkers({ environment }: SlowStores, count: number): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  await Promise.all(
    Array.from({ length: count }, async () =>
      stack.use(await startWorkerIn(folder.path, { ...environment, ...SILENT })),
    ),
  );
  const held = stack.move();
  return { [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const isLeft = async ({ services: { images, clock } }: OwnService): Promise<boolean> =>
  (await dueIn(images, ['removal'], clock.now(), 1)).length > 0;

/** Grants whose URLs expired an hour ago: their last look is due. */
async function abandon({ services }: OwnService, count: number): Promise<readonly ImageId[]> {
  const { images, clock, newId } = services;
  const expiresAt = new Date(clock.now().getTime() - HOUR_MS);
  const ids = Array.from({ length: count }, () => newId() as ImageId);
  await shareOut(ids.values(), CLIENTS, async (id) => {
    const named = { id, userId: `user ${randomUUID()}`, contentType: 'image/jpeg' };
    const said = {
      filename: 'photo.jpg',
      tags: [],
      description: null,
      metadata: {},
      visibility: 'private',
      externalId: null,
    } as const;
    const upload = { expiresAt, claim: null, isDirect: false };
    if (!(await images.create(pendingImage({ ...named, ...said }, expiresAt, upload))))
      throw new Error(`${id} is taken`);
  });
  return ids;
}

/** How long an upload of a dead process waits while one worker has a flood to remove. */
async function recoveryMs(flood: number): Promise<number> {
  await using cloud: Cloud = await createCloud();
  await using own = await joinCloud(cloud);
  const { images, clock } = own.services;
  await abandon(own, flood);
  const crashed = await pendingUpload(own);
  await using stores = await startSlowStores(cloud, DELAY_MS);
  await using _worker = await startWorkers(stores, 1);
  await delay(LAPSES_AFTER_MS);
  const leaseUntil = clock.now();
  const image = await images.get(crashed);
  if (image?.status !== 'pending') throw new Error(`expected a pending image; it is ${image?.status}`);
  await images.replace(image, { ...image, claim: { attempt: 'dead', leaseUntil } });
  for (;;) {
    const current = await images.get(crashed);
    if (current?.status === 'ready') {
      if (!(await isLeft(own))) throw new Error('expected a flood that is still there; it is gone');
      return current.uploadedAt.getTime() - leaseUntil.getTime();
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** Its bytes are in the bucket, and nothing is due for it. */
async function pendingUpload({ services, request, leave }: OwnService): Promise<ImageId> {
  const body = JSON.stringify({ user_id: 'crashed', content_type: 'image/jpeg' });
  const headers = { 'Content-Type': 'application/json' };
  const granted = await request('/images/upload', { method: 'POST', headers, body });
  const { image_id: id } = (await granted.json()) as { image_id: ImageId };
  await leave(id, await testImage({ type: 'image/jpeg', width: 640, height: 480 }));
  if ((await services.images.get(id))?.status !== 'pending') throw new Error('expected the upload to be pending');
  return id;
}
