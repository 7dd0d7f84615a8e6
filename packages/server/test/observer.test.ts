import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { AppError } from '../src/domain/errors.ts';
import type { ImageId } from '../src/domain/image/image-id.ts';
import { incomingKey } from '../src/domain/image/object-key.ts';
import type { Job } from '../src/domain/job.ts';
import type { Gate } from '../src/gates/gate.ts';
import type { Delivery } from '../src/jobs/job-queue.ts';
import type { Observer, RequestDone, ServiceEvent } from '../src/observe/observer/observer.ts';
import { outcomesOf } from '../src/observe/observer/outcomes.fixture.ts';
import { sweepOrphans } from '../src/operations/upkeep/sweep-orphans.ts';
import { startWorker, sweepOnce, workOn } from '../src/run/worker.ts';
import { always, createTestGate, failing, PASS, REFUSE } from './gates/test-gate.ts';
import { movingClock } from './services/moving-clock.ts';
import { createTestService, json, post } from './services/service.ts';
import { sharedImaging } from './services/shared-imaging.ts';

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const bad = good.subarray(0, good.length / 2);
const HOUR = 3_600_000;
const MINUTE = 60_000;
const LOOK_MS = 5_000;

interface Grant {
  readonly image_id: ImageId;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** Events of every operation, left out of comparisons. */
const BACKGROUND: readonly ServiceEvent['event'][] = [
  'store-call',
  'place-wait',
  'sweep-done',
  'request-done',
  'due-measured',
  'outbox-measured',
  'dead-letters-measured',
  'usage-measured',
];

/** A service in which each inspection of a file takes `LOOK_MS` by its clock. */
async function createObserved(observer: Observer = () => undefined, gates: readonly Gate[] = []) {
  const clock = movingClock();
  const events: ServiceEvent[] = [];
  const requests: RequestDone[] = [];
  const service = await createTestService({
    overrides: {
      clock,
      gates,
      wrapImaging: () => ({
        ...sharedImaging,
        async inspect(...look) {
          clock.offsetMs += LOOK_MS;
          return sharedImaging.inspect(...look);
        },
      }),
    },
    observe: (event) => {
      events.push(event);
      if (event.event === 'request-done') requests.push(event);
      observer(event);
    },
  });
  const { services } = service;
  return {
    ...service,
    clock,
    events,
    /** The events since the last call, without the background. */
    takeEvents: () => events.splice(0).filter(({ event }) => !BACKGROUND.includes(event)),
    /** The event of the last request. */
    lastRequest: () => requests.at(-1) ?? assert.fail('expected a request; got none'),
    async grant(fields: object = {}, headers: Record<string, string> = {}): Promise<Grant> {
      const body = { user_id: 'u', content_type: 'image/jpeg', ...fields };
      return (await service.request('/images/upload', json(body, headers))).json() as Promise<Grant>;
    },
    put: ({ upload_url, headers }: Grant, body = good) => service.send(upload_url, { method: 'PUT', headers, body }),
    async upload(): Promise<ImageId> {
      const answer = await service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
      return ((await answer.json()) as Grant).image_id;
    },
    /** Uploads bytes as a bucket does, without an event. */
    async leave(imageId: ImageId, body = good): Promise<void> {
      await using file = await services.staging.stage(chunksOf(body), { maxBytes: 10 ** 6 });
      await services.objects.put(incomingKey('u', imageId), file, { contentType: 'image/jpeg' });
    },
    delete: (id: ImageId) => service.request(`/images/${id}?user_id=u`, { method: 'DELETE' }),
    sweep: () => sweepOnce(services, { holder: 'sweeper', signal: new AbortController().signal }),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

async function* chunksOf(body: Uint8Array): AsyncGenerator<Uint8Array> {
  yield body;
}

const deliveryOf = (job: Job, outcome: Partial<Delivery> = {}): Delivery => ({
  job,
  attempt: 3,
  finish: async () => undefined,
  extend: async () => undefined,
  retry: async () => undefined,
  ...outcome,
});

/** Without the durations, which are never the same. */
const withoutTimes = (events: readonly ServiceEvent[]): object[] =>
  events.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !name.endsWith('Ms'))));

const definedIn = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

function isBetween(ms: number | undefined, least: number, most: number): void {
  assert.ok(ms !== undefined && ms >= least && ms < most, `expected ${least} to ${most} ms; got ${ms}`);
}

const away = new AppError('unavailable', 'away');
const isAway = (error: unknown): boolean => error === away;

after(() => sharedImaging[Symbol.asyncDispose]());

describe('the observer receives the events of an upload', () => {
  it('that is granted, arrives, becomes ready and is deleted', async () => {
    await using service = await createObserved();
    const grant = await service.grant();
    const imageId = grant.image_id;
    assert.deepEqual(service.takeEvents(), [{ event: 'upload-granted', imageId }]);
    service.clock.offsetMs += MINUTE;
    assert.equal((await service.put(grant)).status, 200);
    const events = service.takeEvents();
    const [arrived, ready] = events;
    assert.ok(arrived?.event === 'upload-arrived' && ready?.event === 'upload-ready');
    isBetween(arrived.sinceGrantMs, MINUTE, MINUTE + LOOK_MS);
    isBetween(ready.sinceArrivalMs, LOOK_MS, MINUTE);
    isBetween(ready.sinceGrantMs, MINUTE + LOOK_MS, HOUR);
    assert.deepEqual(withoutTimes(events), [
      { event: 'upload-arrived', imageId, form: 'presigned' },
      { event: 'upload-ready', imageId, form: 'presigned', contentType: 'image/jpeg', sizeBytes: good.length },
    ]);
    assert.equal((await service.delete(imageId)).status, 200);
    assert.deepEqual(service.takeEvents(), [{ event: 'image-deleted', imageId }]);
  });

  it('that is trashed, restored, and purged by the sweeper or by its client', async () => {
    await using service = await createObserved();
    const imageId = await service.upload();
    const change = async (verb: 'trash' | 'restore') =>
      assert.equal((await service.request(`/images/${imageId}/${verb}?user_id=u`, { method: 'POST' })).status, 200);
    service.takeEvents();
    await change('trash');
    await change('trash');
    const [trashed, ...others] = service.takeEvents();
    assert.ok(trashed?.event === 'image-trashed' && trashed.imageId === imageId);
    assert.equal(Math.round((trashed.purgeAt.getTime() - service.services.clock.now().getTime()) / HOUR), 30 * 24);
    assert.deepEqual(others, []);
    await change('restore');
    assert.deepEqual(service.takeEvents(), [{ event: 'image-restored', imageId }]);
    await change('trash');
    service.clock.offsetMs += 31 * 24 * HOUR;
    service.takeEvents();
    await service.sweep();
    assert.deepEqual(service.takeEvents(), [{ event: 'image-purged', imageId }]);

    const other = await service.upload();
    await service.request(`/images/${other}/trash?user_id=u`, { method: 'POST' });
    service.takeEvents();
    assert.equal((await service.delete(other)).status, 200);
    assert.deepEqual(service.takeEvents(), [{ event: 'image-purged', imageId: other }]);
  });

  it('that is rejected, and of its refusal with the S3 code', async () => {
    await using service = await createObserved();
    const grant = await service.grant();
    service.takeEvents();
    assert.equal((await service.put(grant, bad)).status, 400);
    const [arrived, rejected, ...more] = service.takeEvents();
    assert.deepEqual(more, []);
    assert.equal(arrived?.event, 'upload-arrived');
    assert.partialDeepStrictEqual(rejected, {
      event: 'upload-rejected',
      imageId: grant.image_id,
      code: 'unreadable-image',
    });
    assert.partialDeepStrictEqual(service.lastRequest(), {
      status: 400,
      code: 'InvalidRequest',
      route: '/objects/{key}',
      operation: null,
      imageId: grant.image_id,
    });
  });

  it('that is direct; of a refused direct upload only its request', async () => {
    await using service = await createObserved();
    const imageId = await service.upload();
    const events = service.takeEvents();
    assert.deepEqual(withoutTimes(events), [
      { event: 'upload-arrived', imageId, form: 'direct' },
      { event: 'upload-ready', imageId, form: 'direct', contentType: 'image/jpeg', sizeBytes: good.length },
    ]);
    const [arrived, ready] = events;
    assert.ok(arrived?.event === 'upload-arrived' && ready?.event === 'upload-ready');
    assert.deepEqual([arrived.sinceGrantMs, ready.sinceGrantMs], [undefined, undefined]);
    isBetween(ready.sinceArrivalMs, 0, MINUTE);
    await service.request('/images/upload?user_id=u', post(bad, 'image/jpeg'));
    assert.deepEqual(service.takeEvents(), []);
    assert.partialDeepStrictEqual(service.lastRequest(), {
      status: 400,
      code: 'unreadable-image',
      bytesIn: bad.length,
    });
  });

  it('that a gate holds, with the time until then, and how long the gate took', async () => {
    for (const verdict of [PASS, REFUSE]) {
      const gate = createTestGate('scan');
      gate.answer = failing;
      await using service = await createObserved(undefined, [gate]);
      const grant = await service.grant();
      await service.put(grant);
      const held = service.takeEvents().find(({ event }) => event === 'upload-held');
      assert.ok(held?.event === 'upload-held');
      isBetween(held.sinceArrivalMs, LOOK_MS, MINUTE);
      gate.answer = always(verdict);
      service.clock.offsetMs += HOUR;
      await service.sweep();
      const decided = service.takeEvents().find(({ event }) => event === 'upload-ready' || event === 'upload-rejected');
      assert.equal(decided?.event, verdict === PASS ? 'upload-ready' : 'upload-rejected');
      assert.ok(decided?.event === 'upload-ready' || decided?.event === 'upload-rejected');
      isBetween(decided.sinceHeldMs, HOUR, 2 * HOUR);
      assert.ok(!('sinceArrivalMs' in decided), 'what the service took until it was held has been told');
    }
  });

  it('that is never used, when it expires', async () => {
    await using service = await createObserved();
    const { image_id: imageId } = await service.grant();
    service.clock.offsetMs += HOUR;
    service.takeEvents();
    await service.sweep();
    assert.deepEqual(service.takeEvents(), [{ event: 'upload-expired', imageId }]);
  });

  it('once, despite concurrent attempts at a transition and a repeated grant', async () => {
    await using service = await createObserved();
    const key = { 'Idempotency-Key': 'k' };
    const [grant] = await Promise.all([service.grant({}, key), service.grant({}, key), service.grant({}, key)]);
    const imageId = grant.image_id;
    assert.deepEqual(service.takeEvents(), [{ event: 'upload-granted', imageId }]);
    await service.leave(imageId);
    const looks = Array.from({ length: 5 }, () => service.request(`/images/${imageId}/complete`, { method: 'POST' }));
    assert.deepEqual(new Set((await Promise.all(looks)).map(({ status }) => status)), new Set([200]));
    const names = service.takeEvents().map(({ event }) => event);
    assert.deepEqual(names, ['upload-arrived', 'upload-ready']);
    await Promise.all([service.delete(imageId), service.delete(imageId), service.delete(imageId)]);
    assert.equal(service.takeEvents().filter(({ event }) => event === 'image-deleted').length, 1);
  });
});

describe('the observer receives the events of renditions', () => {
  it('that are rendered, with the duration and the wait for a decoder; a stored rendition causes none', async () => {
    await using service = await createTestServiceWithDecoders();
    const uploaded = await service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
    const { image_id: imageId } = (await uploaded.json()) as Grant;
    service.events.length = 0;
    for (const _time of [1, 2]) {
      const answer = await service.request(`/images/${imageId}/renditions/thumb`);
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
    }
    const [waited, ...others] = service.events.filter(({ event }) => event === 'place-wait');
    assert.ok(waited?.event === 'place-wait' && waited.place === 'decoder' && waited.waitedMs >= 0);
    assert.deepEqual(others, []);
    const [made, ...more] = service.events.filter(({ event }) => event === 'renditions-made');
    assert.partialDeepStrictEqual(made, { imageId, renditions: 1, urgency: 'request' });
    assert.ok(made?.event === 'renditions-made' && made.elapsedMs >= waited.waitedMs);
    assert.deepEqual(more, []);
  });
});

/** A service with separate decode processes, so that it observes waits for a decoder. */
async function createTestServiceWithDecoders() {
  const events: ServiceEvent[] = [];
  const service = await createTestService({ observe: (event) => events.push(event) });
  return { ...service, events, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

describe('the observer receives the events of jobs', () => {
  it('that succeed, fail, or whose outcome the queue does not accept, with their duration', async () => {
    await using service = await createObserved();
    const { services } = service;
    const { image_id: imageId } = await service.grant();
    const job = { kind: 'finalize', imageId } as const;
    await service.leave(imageId);
    const { head } = services.objects;
    services.objects.head = () => Promise.reject(away);
    service.takeEvents();
    assert.equal(await workOn(services, deliveryOf(job)), 'again');
    const [failed, ...none] = service.takeEvents();
    assert.ok(failed?.event === 'job-failed' && isAway(failed.error) && failed.elapsedMs >= 0);
    assert.deepEqual([failed.job, failed.attempt, none], [job, 3, []]);

    services.objects.head = head;
    await workOn(services, deliveryOf(job, { finish: () => Promise.reject(away) }));
    const [arrived, ready, done, lapsed, ...more] = service.takeEvents();
    assert.deepEqual([arrived?.event, ready?.event, more], ['upload-arrived', 'upload-ready', []]);
    assert.partialDeepStrictEqual(done, { event: 'job-done', job, attempt: 3 });
    assert.ok(done?.event === 'job-done' && done.elapsedMs >= LOOK_MS && done.elapsedMs < HOUR);
    assert.ok(lapsed?.event === 'job-lapsed' && lapsed.job === job && isAway(lapsed.error));
  });

  it('of an absent image, as done', async () => {
    await using service = await createObserved();
    const imageId = '0190a0a0-0000-7000-8000-000000000001' as ImageId;
    await workOn(service.services, deliveryOf({ kind: 'finalize', imageId }));
    assert.deepEqual(
      service.takeEvents().map(({ event }) => event),
      ['job-done'],
    );
  });
});

describe('the observer receives the events of a sweep', () => {
  it('for each part, with its duration', async () => {
    await using service = await createObserved();
    await service.sweep();
    const rounds = service.events.flatMap((event) => (event.event === 'sweep-done' ? event : []));
    const parts = ['albums', 'recovery', 'renditions', 'screening', 'removal', 'incoming', 'records', 'orphans'];
    assert.deepEqual(rounds.map(({ part }) => part).toSorted(), parts.toSorted());
    assert.ok(rounds.every(({ elapsedMs }) => elapsedMs >= 0 && elapsedMs < HOUR));
  });

  it('that postpones one image and completes the others', async () => {
    await using service = await createObserved();
    const [one, other] = [await service.grant(), await service.grant()];
    const { objects } = service.services;
    const { head } = objects;
    objects.head = (key) => (key.endsWith(one.image_id) ? Promise.reject(away) : head(key));
    service.clock.offsetMs += HOUR;
    service.takeEvents();
    await service.sweep();
    const events = service.takeEvents();
    const postponed = events.find(({ event }) => event === 'sweep-postponed');
    assert.ok(postponed?.event === 'sweep-postponed' && isAway(postponed.error));
    assert.equal(postponed.subject, one.image_id);
    assert.ok(events.some((event) => event.event === 'upload-expired' && event.imageId === other.image_id));
    assert.equal(events.length, 2);
  });

  it('that fails as a whole, and of a failure to receive jobs', async () => {
    const sweeping = Promise.withResolvers<unknown>();
    const receiving = Promise.withResolvers<unknown>();
    await using service = await createObserved((event) => {
      if (event.event === 'sweep-failed') sweeping.resolve(event.error);
      if (event.event === 'receiving-failed') receiving.resolve(event.error);
    });
    const { services } = service;
    services.images.due = () => Promise.reject(away);
    services.jobs.receive = () => Promise.reject(away);
    await using _worker = startWorker({ services });
    assert.deepEqual(await Promise.all([sweeping.promise, receiving.promise]), [away, away]);
  });

  it('that postpones an orphan', async () => {
    await using service = await createObserved();
    const imageId = await service.upload();
    const { images } = service.services;
    service.clock.offsetMs += 50 * HOUR;
    service.takeEvents();
    images.getToChange = () => Promise.reject(away);
    await sweepOrphans(service.services, { holder: 'walker', signal: new AbortController().signal });
    const [postponed, ...more] = service.takeEvents();
    assert.ok(postponed?.event === 'sweep-postponed' && isAway(postponed.error));
    assert.deepEqual([postponed.subject, more], [imageId, []]);
  });
});

describe('the observer receives the events of requests', () => {
  it('that are refused, with the code of the problem or of S3 and the id of the answer', async () => {
    await using service = await createObserved();
    const answer = await service.request('/images/none/metadata');
    const { request_id: requestId } = (await answer.json()) as { request_id: string };
    const { elapsedMs, ...done } = service.lastRequest();
    isBetween(elapsedMs, 0, MINUTE);
    assert.deepEqual(definedIn(done), {
      event: 'request-done',
      requestId,
      method: 'GET',
      path: '/images/none/metadata',
      operation: 'describeImage',
      route: '/images/{id}/metadata',
      status: 404,
      outcome: 'answered',
      code: 'image-not-found',
      detail: 'Image not found',
      bytesIn: 0,
      bytesOut: 0,
      caller: 'open',
    });
    assert.deepEqual(service.takeEvents(), []);

    const { upload_url } = await service.grant();
    service.takeEvents();
    const other = await service.send(upload_url, {
      method: 'PUT',
      headers: { 'Content-Type': 'image/png' },
      body: good,
    });
    const refused = service.lastRequest();
    assert.ok((await other.text()).includes(refused.requestId));
    assert.deepEqual([refused.status, refused.code, service.takeEvents()], [403, 'SignatureDoesNotMatch', []]);
  });

  it('that fail by a fault of the service, with the cause', async () => {
    await using service = await createObserved();
    const id = await service.upload();
    const objects = join(service.folder, 'objects');
    await rename(objects, join(service.folder, 'elsewhere'));
    service.takeEvents();
    const answer = await service.request(`/images/${id}`);
    await rename(join(service.folder, 'elsewhere'), objects);
    const events = service.takeEvents();
    const failed = events.find(({ event }) => event === 'request-failed');
    const refused = service.lastRequest();
    assert.ok(failed?.event === 'request-failed' && failed.error instanceof Error);
    assert.deepEqual([refused.requestId, refused.status], [failed.requestId, answer.status]);
  });

  it('with large JSON bodies, which wait for a place', async () => {
    await using service = await createObserved();
    const file = Buffer.concat([good, Buffer.alloc(100_000)]).toString('base64');
    await service.request('/images/upload', json({ user_id: 'u', file, metadata: { content_type: 'image/jpeg' } }));
    const waits = service.events.flatMap((event) => (event.event === 'place-wait' ? event : []));
    assert.deepEqual([...new Set(waits.map(({ place }) => place))], ['large-json']);
    assert.ok(waits.every(({ waitedMs }) => waitedMs >= 0 && waitedMs < HOUR));
  });
});

describe('the observer receives the events of stores', () => {
  it('whose calls end, with their duration', async () => {
    await using service = await createObserved();
    await service.upload();
    const calls = service.events.flatMap((event) => (event.event === 'store-call' ? event : []));
    const names = new Set(calls.map(({ part, call, outcome }) => `${part} ${call} ${outcome}`));
    for (const name of ['objects stage done', 'objects put done', 'records create done', 'records replace done'])
      assert.ok(names.has(name), `${name} among ${[...names].join(', ')}`);
    assert.ok(calls.every(({ elapsedMs }) => elapsedMs >= 0));
  });

  it('but a staged file leaves the health of objects unknown, and a written object makes it ok', async () => {
    await using service = await createObserved();
    const { services } = service;
    await using file = await services.staging.stage(chunksOf(good), { maxBytes: 10 ** 6 });
    assert.equal(services.health.objects.condition(), 'unknown');
    const imageId = '0190a0a0-0000-7000-8000-000000000001' as ImageId;
    await services.objects.put(incomingKey('u', imageId), file, { contentType: 'image/jpeg' });
    assert.equal(services.health.objects.condition(), 'ok');
  });

  it('whose call fails', async () => {
    await using service = await createObserved();
    const objects = join(service.folder, 'objects');
    await rename(objects, join(service.folder, 'elsewhere'));
    service.events.length = 0;
    await assert.rejects(service.services.staging.stage(chunksOf(good), { maxBytes: 10 ** 6 }));
    await rename(join(service.folder, 'elsewhere'), objects);
    const [call, ...more] = service.events.filter(({ event }) => event === 'store-call');
    assert.partialDeepStrictEqual(call, { part: 'objects', call: 'stage', outcome: 'failed' });
    assert.deepEqual(more, []);
    assert.deepEqual(
      service.takeEvents().map(({ event }) => event),
      ['part-degraded'],
    );
  });

  it('but not of a read that its caller has left', async () => {
    await using service = await createObserved();
    await service.upload();
    service.events.length = 0;
    const { objects } = service.services;
    const absent = '0190a0a0-0000-7000-8000-000000000001' as ImageId;
    const signal = AbortSignal.abort();
    await assert.rejects(objects.checkOut(incomingKey('u', absent), { maxBytes: 1, signal }), {
      name: 'AbortError',
    });
    assert.deepEqual(service.events, []);
  });

  it('whose call answers that a quota is used up, which is no failure of the part', async () => {
    const calls: ServiceEvent[] = [];
    const observe: Observer = (event) => calls.push(event);
    await using service = await createTestService({ environment: { USAGE: 'on', QUOTA_PENDING: '1' }, observe });
    const grant = () => service.request('/uploads', json({ user_id: 'u', content_type: 'image/jpeg' }));
    assert.deepEqual([(await grant()).status, (await grant()).status], [201, 403]);
    assert.deepEqual(
      outcomesOf(calls).filter((call) => call.startsWith('create ') || call.endsWith(' failed')),
      ['create done', 'create done'],
    );
  });

  for (const [contentType, start] of [
    ['image/jpeg', ''],
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'],
  ] as const)
    it(`whose client leaves in the middle of its ${contentType}, which is no failure of the part`, async () => {
      await using service = await createObserved();
      let reads = 0;
      const body = new ReadableStream({
        pull(controller) {
          if (reads++ > 0) controller.error(new Error('the client left'));
          else controller.enqueue(Buffer.concat([Buffer.from(start), good]));
        },
      });
      const init: RequestInit = { method: 'POST', headers: { 'Content-Type': contentType }, body, duplex: 'half' };
      assert.equal((await service.request('/images/upload?user_id=u', init)).status, 400);
      const calls = outcomesOf(service.events).filter((call) => !call.startsWith('blocks ')); // once in five seconds
      assert.deepEqual(calls, ['stage done']);
    });

  it('and warnings', async () => {
    const events: ServiceEvent[] = [];
    await using _service = await createTestService({
      overrides: { confinementLevels: ['unconfined'] },
      observe: (event) => events.push(event),
    });
    const [warning] = events;
    assert.ok(warning?.event === 'warning' && /not confined/.test(warning.sentence));
  });
});

describe('an observer that throws', () => {
  it('changes no response and no sweep, and causes one process warning', async () => {
    const warned: Error[] = [];
    const note = (warning: Error): void => {
      if (warning.message === 'a broken listener') warned.push(warning);
    };
    process.on('warning', note);
    await using service = await createObserved(() => {
      throw new Error('a broken listener');
    });
    const grant = await service.grant();
    assert.equal((await service.put(grant, bad)).status, 400);
    const used = await service.grant();
    assert.equal((await service.put(used)).status, 200);
    const id = await service.upload();
    for (const path of [`/images/${id}`, `/images/${id}/renditions/thumb`, '/images?user_id=u', '/readyz']) {
      const answer = await service.request(path);
      assert.equal(answer.status, 200, path);
      await answer.arrayBuffer();
    }
    assert.equal((await service.request('/images/none')).status, 404);
    assert.equal((await service.delete(id)).status, 200);
    const { image_id: unused } = await service.grant();
    service.clock.offsetMs += HOUR;
    await service.sweep();
    assert.equal((await service.services.images.get(unused))?.status, 'expired');
    assert.equal(await workOn(service.services, deliveryOf({ kind: 'finalize', imageId: used.image_id })), 'done');
    process.off('warning', note);
    assert.equal(warned.length, 1);
  });
});
