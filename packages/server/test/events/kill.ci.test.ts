import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { PLACES, type Place, recordsOf } from '../backups/place.ts';
import { createRandom } from '../chance/random.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { NO_FAKE_TIME } from '../services/fake-time.ts';
import { keyFrom, type PrintedKey } from '../services/keys-command.ts';
import { killAll, startService } from '../services/running-service.ts';
import { startReaders } from './agreeing-readers.ts';
import { createEventFleet, type MortalProcess } from './event-fleet.ts';
import { createChanges, requireTold } from './told-changes.ts';

const isLong = isInRun('long');
const SEED = 20_261_126;
const SETTINGS = {
  AUTH: 'api-key',
  EVENTS: 'on',
  LOG_LEVEL: 'warn',
  RATE_LIMITS: 'off',
  OUTBOUND_ALLOW: '127.0.0.0/8',
};

describe('changes of images, and kill -9', () => {
  it('of a service on SQLite: pages, streams and webhooks tell each of them, in its order', {
    timeout: 900_000,
  }, async () => {
    const [images, kills] = isLong ? [1_000, 12] : [40, 2];
    const random = createRandom(SEED);
    await using place = await PLACES['SQLite and disk']();
    const PORT = String(await freePort()); // the same after a kill: another test may listen on a former one
    const environment = { ...place.environment, ...SETTINGS, PORT };
    const admin = await keyFrom(place.folder, ['create', '--admin'], environment);
    let service = await startService(environment, place.folder);
    const origin = () => service.origin;
    await using readers = await startReaders({ origin, key: admin.key, random });
    const changes = await createChanges({ origin, key: await keyOfUser(origin(), admin.key), random });

    const release = readers.receiver.hold();
    await changes.work(4, 4);
    assert.deepEqual(readers.receiver.told, [], 'expected requests that wait for no delivery');
    release();
    const work = changes.work(images, 6);
    for (let nth = 0; nth < kills; nth += 1) {
      const goal = changes.acked() + 1 + random.below(images / kills);
      await Promise.race([work, until(() => changes.acked() >= goal)]);
      await killAll(service);
      service = await startService(environment, place.folder);
    }
    await work;
    await readers.agree(changes);
    await killAll(service);
    for (const told of readers.all()) requireTold(told, changes, await imagesOf(place));
  });
});

/** Before and after them a mover, whose calls these are, may stop for any time. */
const STEPS = [
  ['Query VX', 'after'],
  ['PutItem VL', 'before'],
  ['PutItem VL', 'after'],
  ['PutItem VU', 'before'],
  ['UpdateItem S', 'before'],
  ['UpdateItem S', 'after'],
  ['DeleteItem VX', 'after'],
] as const;
/** Longer than a lease of a mover, and of a deliverer. */
const LEASE_SECONDS = 61;
const PER_ROUND = 140;

const skip = isLong ? NO_CLOUD || NO_FAKE_TIME : 'runs in the long tier';
/** About three minutes. */
describe('changes of images in two APIs, one ahead by two minutes, and two workers on DynamoDB', { skip }, () => {
  it('movers stopped at each step, writers before their writes, and kill -9: pages, streams and webhooks tell each of them, in its order', {
    timeout: 900_000,
  }, async () => {
    const random = createRandom(SEED);
    await using place = await PLACES['DynamoDB and S3']();
    const admin = await keyFrom(place.folder, ['create', '--admin'], { ...place.environment, ...SETTINGS });
    const fleet = await createEventFleet(place, SETTINGS);
    await using _fleet = fleet;
    const apis = [await fleet.startApi(), await fleet.startApi('ahead')];
    let away: MortalProcess | undefined;
    const origin = () => random.pick(apis.filter((one) => one !== away)).origin;
    let workers = [await fleet.startWorker(), await fleet.startWorker()];
    await using readers = await startReaders({ origin, key: admin.key, random });
    const changes = await createChanges({ origin, key: await keyOfUser(origin(), admin.key), random });
    const anyClock = () => random.pick(['right', 'ahead'] as const);
    const pages = () => readers.all()[0] ?? [];

    for (const [round, [name, moment]] of STEPS.entries()) {
      const goal = changes.acked() + PER_ROUND;
      const frozenMover = Promise.race(
        workers.map(async (worker) => ({ worker, held: await worker.freezeAt(name, moment) })),
      );
      const work = changes.work(PER_ROUND, 8);
      const mortal = random.below(2);
      const writer = apis[mortal] ?? assert.fail();
      const frozenWriter = round % 2 === 0 ? writer.freezeAt('TransactWriteItems VX', 'before') : undefined;
      if (frozenWriter) {
        await frozenWriter;
        away = writer;
      } else {
        const api = await fleet.startApi(anyClock());
        await delay(random.below(2_000));
        await writer.kill();
        apis[mortal] = api;
      }
      const { worker: frozen, held } = await frozenMover;
      await Promise.all(workers.filter((worker) => worker !== frozen).map((worker) => worker.kill()));
      await fleet.pass(LEASE_SECONDS);
      const mover = await fleet.startWorker();
      await Promise.race([work, until(() => changes.acked() >= goal)]);
      await until(() => changes.areIn(pages()));
      (await frozenWriter)?.thaw();
      away = undefined;
      if (random.chance(0.5)) {
        held.thaw();
        workers = [mover, frozen];
      } else {
        await held.kill();
        workers = [mover, await fleet.startWorker()];
      }
      await work;
    }
    await readers.agree(changes, { butRetries: true });

    const comeBack = readers.receiver.leave();
    await changes.work(20, 8);
    for (const seconds of [6, 61]) {
      const attempts = readers.receiver.received.length;
      await fleet.pass(seconds);
      await changes.work(1, 1); // a new event wakes the deliverer, whose pause is as long as before
      await until(() => readers.receiver.received.length > attempts + 10);
    }
    comeBack();
    await fleet.pass(601);
    await changes.work(1, 1);
    await readers.agree(changes);
    const images = await imagesOf(place);
    for (const told of readers.all()) requireTold(told, changes, images);
  });
});

async function keyOfUser(origin: string, admin: string): Promise<string> {
  const answer = await fetch(`${origin}/keys`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'ada', owner: 'ada', scopes: ['images:read', 'images:write'] }),
  });
  assert.equal(answer.status, 201);
  return ((await answer.json()) as PrintedKey).key;
}

async function imagesOf(place: Place): Promise<ReadonlyMap<string, Image>> {
  await using composition = await place.open();
  const records = await recordsOf(composition.services);
  return new Map(records.flatMap((one) => (one.kind === 'image' ? [[one.image.id, one.image] as const] : [])));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}
