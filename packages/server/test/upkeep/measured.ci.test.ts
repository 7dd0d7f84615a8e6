import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { startFront } from '../../../../test/servers/front.ts';
import { createQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { UNKNOWN_PAYER } from '../../src/domain/access/payer.ts';
import { type Image, scheduleMaintenance } from '../../src/domain/image/image.ts';
import type { Lane } from '../../src/domain/image/lane.ts';
import type { ScreenedImage } from '../../src/gates/gate.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { outcomesOf } from '../../src/observe/observer/outcomes.fixture.ts';
import { measureService } from '../../src/operations/upkeep/measure.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import type { ImageRepository } from '../../src/records/images/image-repository.ts';
import { sampleHeld, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { createTableEnvironment } from '../gates/gated-service.ts';
import { createTestGate, failing, hanging } from '../gates/test-gate.ts';
import { movingClock } from '../services/moving-clock.ts';
import { environmentOfQueue } from '../services/queued-cloud.ts';
import { createTestService, post } from '../services/service.ts';

const MINUTE_MS = 60_000;
const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

async function createMeasured(options: Parameters<typeof createTestService>[0] = {}) {
  const clock = movingClock();
  const events: ServiceEvent[] = [];
  const service = await createTestService({
    ...options,
    overrides: { clock, ...options.overrides },
    observe: (event) => events.push(event),
  });
  const as = (holder: string) => ({ holder, signal: new AbortController().signal });
  const measure = async (holder = 'one') => {
    events.length = 0;
    await measureService(service.services, as(holder));
    return events.filter(({ event }) => event.endsWith('-measured'));
  };
  return { ...service, clock, events, as, measure, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

/** One record of each lane that was due so many minutes ago. */
async function addOverdue(images: ImageRepository, now: Date, minutes: Record<Lane, number>): Promise<void> {
  const ago = (lane: Lane) => new Date(now.getTime() - minutes[lane] * MINUTE_MS);
  const lookAt = new Date(now.getTime() - 60 * MINUTE_MS);
  const fresh = () => samplePending({ updatedAt: lookAt });
  const write = async (pending: ReturnType<typeof fresh>, next: Image = pending) => {
    assert.equal(await images.create(pending), true);
    if (next !== pending) assert.equal(await images.replace(pending, next), true);
  };
  await write({ ...fresh(), lookAt, claim: { attempt: 'a', leaseUntil: ago('recovery') } });
  await write({ ...fresh(), lookAt: ago('removal') });
  const [ready, held] = [fresh(), fresh()];
  await write(ready, scheduleMaintenance(samplePublished(ready), ago('renditions')));
  const screening = { askAt: ago('screening'), deadline: new Date(now.getTime() + 60 * MINUTE_MS) };
  await write(held, sampleHeld(held, 'image/jpeg', screening));
}

function describeDueAges(create: (shared: object) => ReturnType<typeof createMeasured>): void {
  const agesIn = (events: readonly ServiceEvent[]) =>
    Object.fromEntries(
      events.flatMap((event) =>
        event.event === 'due-measured' ? [[event.lane, Math.floor(event.ageMs / MINUTE_MS)]] : [],
      ),
    );
  const minutes = { recovery: 3, renditions: 7, screening: 11, removal: 19 };
  const none = { recovery: 0, renditions: 0, screening: 0, removal: 0 };

  it('tells how late each lane is that it sweeps, once, and 0 when nothing is due', async () => {
    await using service = await create({});
    await addOverdue(service.services.images, service.clock.now(), minutes);
    await sweepOnce(service.services, service.as('one'));
    assert.deepEqual(agesIn(service.events), minutes);
    assert.deepEqual(await service.measure().then(agesIn), {}, 'expected no age of a lane that was not read since');
    await sweep(service.services, service.as('one'));
    assert.deepEqual(await service.measure().then(agesIn), none);
  });

  it('tells the growing age of a page whose work is stuck', async () => {
    await using service = await create({});
    const { services, clock } = service;
    await addOverdue(services.images, clock.now(), minutes);
    const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const objects: typeof services.objects = {
      ...services.objects,
      async head(key) {
        reached.resolve();
        await released.promise;
        return services.objects.head(key);
      },
    };
    const sweeping = sweep({ ...services, objects }, service.as('one'));
    await reached.promise;
    await service.measure();
    clock.offsetMs += 4 * MINUTE_MS;
    const later = Object.entries(agesIn(await service.measure()));
    assert.deepEqual(
      later.map(([lane, age]) => age - minutes[lane as Lane]),
      [4],
      `expected the age of the stuck lane alone; got ${later}`,
    );
    released.resolve();
    await sweeping;
  });

  it('tells how late a lane is that another process holds', async () => {
    await using service = await create({});
    const { services, clock } = service;
    await addOverdue(services.images, clock.now(), minutes);
    const until = new Date(clock.now().getTime() + 5 * MINUTE_MS);
    for (let shard = 0; shard < services.images.shards; shard += 1)
      await services.coordination.holdLease({ name: `sweep-removal-${shard}`, holder: 'other', until }, clock.now());
    await sweep(services, service.as('one'));
    assert.deepEqual(agesIn(await service.measure()), minutes);
    clock.offsetMs += MINUTE_MS;
    await sweep(services, service.as('one'));
    assert.deepEqual(agesIn(await service.measure()), { ...none, removal: minutes.removal + 1 });
  });

  it('tells no 0 of a lane of which a part cannot be read', async () => {
    await using service = await create({});
    const { services } = service;
    let left = services.images.shards - 1;
    const images: typeof services.images = {
      ...services.images,
      due: async (...call) => {
        left -= 1;
        if (left < 0) throw new Error('no answer');
        return services.images.due(...call);
      },
    };
    await assert.rejects(sweep({ ...services, images }, service.as('one')), /no answer/);
    assert.deepEqual(agesIn(await service.measure()), {});
    await sweep(services, service.as('one'));
    assert.deepEqual(agesIn(await service.measure()), none);
  });
}

describe('the sweeper on SQLite', () => {
  describeDueAges(createMeasured);

  it('tells what all users store together, and how many jobs are dead', async () => {
    await using service = await createMeasured({ environment: { USAGE: 'on' } });
    const usage = async () =>
      (await service.measure()).filter(({ event }) => !['due-measured', 'backup-measured'].includes(event));
    const none = { event: 'dead-letters-measured', count: 0 };
    await service.services.usage.recount(service.clock.now(), () => undefined);
    for (const user of ['ada', 'bob', 'bob'])
      assert.equal((await service.request(`/images/upload?user_id=${user}`, post(picture, 'image/jpeg'))).status, 200);
    assert.deepEqual(await usage(), [{ event: 'usage-measured', images: 3, bytes: 3 * picture.length }, none]);
  });
});

it('each measurement that fails is told, and hides no other', async () => {
  await using service = await createMeasured({ environment: { USAGE: 'on', EVENTS: 'on' } });
  const { services, events: told } = service;
  const { usage, coordination, events } = services;
  const fails = async () => assert.fail('no answer');
  const mover = { move: fails, oldestAt: fails };
  const failing = {
    usage: { ...usage, totalUsage: fails },
    coordination: { ...coordination, bookmark: fails },
    events: events && { ...events, log: { ...events.log, mover } },
  };
  await measureService({ ...services, ...failing }, service.as('one'));
  const names = told.map(({ event }) => event).filter((event) => /measur/.test(event));
  assert.deepEqual(names.toSorted(), ['dead-letters-measured', ...Array(3).fill('measuring-failed')]);
});

describe('the sweeper on DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  describeDueAges(async () => {
    const shared = await createTableEnvironment(server.dynamo);
    const service = await createMeasured({ environment: { ...shared.environment } });
    return {
      ...service,
      async [Symbol.asyncDispose]() {
        await service[Symbol.asyncDispose]();
        await shared[Symbol.asyncDispose]();
      },
    };
  });
});

describe('the sweeper on SQS', { skip: NO_FAUXQS }, () => {
  it('counts dead letters in one process at a time, after a poisoned job', async () => {
    await using server = await sqsForTests();
    await using queue = await createQueue(server.sqs);
    await using service = await createMeasured({ environment: environmentOfQueue(queue) });
    const { services } = service;
    const dead = async (holder: string) =>
      (await service.measure(holder)).flatMap((event) => (event.event === 'dead-letters-measured' ? event.count : []));
    assert.deepEqual(await dead('one'), [0]);
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'no job' }));
    const signal = AbortSignal.timeout(20_000);
    while ((await dead('one'))[0] === 0 && !signal.aborted)
      await services.jobs.receive({ limit: 1, waitSeconds: 1, signal });
    assert.deepEqual(await dead('one'), [1]);
    assert.deepEqual(await dead('other'), []);
    service.clock.offsetMs += 6 * MINUTE_MS;
    assert.deepEqual(await dead('other'), [1]);
  });

  it('leaves the count of dead letters to another process if its role may not', async () => {
    await using server = await sqsForTests();
    await using queue = await createQueue(server.sqs);
    let refusals = 0;
    await using front = await startFront(({ headers }, outgoing) => {
      if (headers['x-amz-target'] !== 'AmazonSQS.GetQueueAttributes' || refusals === 0) return server.sqs.url;
      refusals -= 1;
      outgoing.writeHead(403, { 'Content-Type': 'application/x-amz-json-1.0' });
      outgoing.end(JSON.stringify({ __type: 'com.amazonaws.sqs#AccessDenied', message: 'not authorized' }));
      return undefined;
    });
    const environment = { ...environmentOfQueue(queue), AWS_ENDPOINT_URL_SQS: front.url };
    await using service = await createMeasured({ environment });
    refusals = 1;
    const counts = async (holder: string) =>
      (await service.measure(holder)).filter(({ event }) => event === 'dead-letters-measured').length;
    assert.deepEqual([await counts('one'), refusals], [0, 0]);
    assert.equal(await counts('other'), 1);
  });

  it('counts the calls of a queue that fails as failed', async () => {
    await using server = await sqsForTests();
    const queue = await createQueue(server.sqs);
    await using service = await createMeasured({ environment: environmentOfQueue(queue) });
    const { jobs } = service.services;
    const imageId = samplePending().id;
    await jobs.send({ kind: 'finalize', imageId });
    const [delivery] = await jobs.receive({ limit: 1, waitSeconds: 20, signal: AbortSignal.timeout(20_000) });
    await delivery?.finish();
    assert.deepEqual(outcomesOf(service.events), ['send done', 'receive done', 'finish done']);
    await queue[Symbol.asyncDispose]();
    service.events.length = 0;
    const none = { limit: 1, waitSeconds: 0, signal: AbortSignal.timeout(20_000) };
    for (const call of [
      () => jobs.send({ kind: 'finalize', imageId }),
      () => jobs.receive(none),
      () => jobs.countDeadLetters(),
    ])
      await assert.rejects(call, { code: 'unavailable' });
    assert.deepEqual(outcomesOf(service.events), ['send failed', 'receive failed', 'countDeadLetters failed']);
  });
});

describe('a gate', () => {
  it('that fails is counted as failed, and not when its caller leaves', async () => {
    const gate = createTestGate('faces');
    await using service = await createMeasured({ overrides: { gates: [gate] } });
    const ofGates = () =>
      outcomesOf(service.events.filter((event) => event.event === 'store-call' && event.part === 'gates'));
    const upload = () => service.request('/images/upload?user_id=u', post(picture, 'image/jpeg'));
    await upload();
    gate.answer = failing;
    await upload();
    assert.deepEqual(ofGates(), ['ask done', 'ask failed']);
    const [gateOfProcess] = service.services.gates;
    const begun = Promise.withResolvers<void>();
    gate.answer = (signal) => {
      begun.resolve();
      return hanging(signal);
    };
    const leaving = new AbortController();
    const image = { id: samplePending().id } as ScreenedImage;
    const asked = gateOfProcess?.ask(
      { path: '', image, preview: null },
      { payer: UNKNOWN_PAYER, signal: leaving.signal },
    );
    await begun.promise;
    leaving.abort(new Error('the caller left'));
    await assert.rejects(Promise.resolve(asked), /the caller left/);
    assert.deepEqual(ofGates(), ['ask done', 'ask failed']);
  });
});
