import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { assertTold, createVisitor } from '../http/every-request.ts';
import { fakeTimeIn, NO_FAKE_TIME } from '../services/fake-time.ts';
import { startService } from '../services/running-service.ts';
import { createTestService, json, post, type TestService } from '../services/service.ts';
import { temporaryFolder } from './file-systems.ts';

const HOUR_MS = 3_600_000;
const JUMPS = [
  { name: 'an hour ahead', jumpMs: HOUR_MS },
  { name: 'an hour back', jumpMs: -HOUR_MS },
] as const;

const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

/** The system's adjustable time, independent of elapsed time. */
function settableClock() {
  const clock = {
    offsetMs: 0,
    /** The number of waits that have started. */
    measured: 0,
    now: () => new Date(Date.now() + clock.offsetMs),
    elapsedMs() {
      clock.measured += 1;
      return performance.now();
    },
  };
  return clock;
}

/** A service with a test clock that can also be set in the middle of an upload: once for each `duringInspect`. */
async function createTimedService() {
  const clock = settableClock();
  const duringInspect: (() => Promise<void> | void)[] = [];
  const service = await createTestService({
    overrides: {
      clock,
      wrapImaging: (imaging) => ({
        ...imaging,
        async inspect(...file) {
          await duringInspect.shift()?.();
          return imaging.inspect(...file);
        },
      }),
    },
  });
  return { ...service, clock, duringInspect };
}

const grant = async (service: TestService): Promise<Grant> =>
  (
    await service.request('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }))
  ).json() as Promise<Grant>;
const put = (service: TestService, { upload_url, headers }: Grant) =>
  service.send(upload_url, { method: 'PUT', headers, body: good });
const direct = (service: TestService, headers: Record<string, string> = {}) =>
  service.request('/images/upload?user_id=u', post(good, 'image/jpeg', headers));
const idOf = async (answer: Response) => ((await answer.clone().json()) as Grant).image_id;
const listed = async (service: TestService): Promise<string[]> => {
  const { images } = (await (await service.request('/images?user_id=u')).json()) as { images: { image_id: string }[] };
  return images.map(({ image_id }) => image_id);
};

/** An upload whose bytes arrived during an outage of its verification. */
async function outage(service: Awaited<ReturnType<typeof createTimedService>>): Promise<Grant> {
  const granted = await grant(service);
  service.duringInspect.push(() => {
    throw new AppError('unavailable', 'an outage');
  });
  assert.equal((await put(service, granted)).status, 503);
  return granted;
}

for (const { name, jumpMs } of JUMPS) {
  describe(`a clock that jumps ${name}`, () => {
    it('during uploads loses no image, and leaves no other objects', async () => {
      await using service = await createTimedService();
      const granted = await grant(service);
      const jump = () => {
        service.clock.offsetMs = jumpMs;
      };
      service.duringInspect.push(jump);
      assert.equal((await put(service, granted)).status, 200);
      service.clock.offsetMs = 0;
      service.duringInspect.push(jump);
      assert.equal((await direct(service)).status, 200);
      assert.equal((await listed(service)).length, 2);
      assert.equal((await service.storedFiles()).length, 2);
    });

    it('during a request makes one image for its Idempotency-Key', async () => {
      await using service = await createTimedService();
      const headers = { 'Idempotency-Key': 'once' };
      let sentAgain: Promise<Response> | undefined;
      service.duringInspect.push(() => {
        service.clock.offsetMs = jumpMs;
        sentAgain = direct(service, headers);
      });
      const first = await direct(service, headers);
      const again = await sentAgain;
      assert.ok(again);
      const repeated = await direct(service, headers);
      assert.equal(repeated.status, 200);
      for (const answer of [first, again]) {
        if (answer.status === 200) assert.equal(await idOf(answer), await idOf(repeated));
        else assert.equal(answer.status, 503, 'expected 503 if the other request has taken over the key');
      }
      assert.deepEqual(await listed(service), [await idOf(repeated)]);
      assert.equal((await service.storedFiles()).length, 1);
    });

    it('does not prolong a wait', { timeout: 240_000 }, async () => {
      await using service = await createTimedService();
      const { image_id } = await grant(service);
      const waited = service.request(`/images/${image_id}/metadata?wait=1`);
      await until(async () => service.clock.measured > 0);
      service.clock.offsetMs = jumpMs;
      assert.match(await (await waited).text(), /"status":"pending"/);
    });

    it('makes an earlier URL 403 until the clock is right; a new URL works', async () => {
      await using service = await createTimedService();
      const before = await grant(service);
      service.clock.offsetMs = jumpMs;
      const refused = await put(service, before);
      assert.equal(refused.status, 403);
      assert.match(await refused.text(), /<Code>AccessDenied<\/Code><Message>Request (has expired|is not valid yet)/);
      assert.equal((await put(service, await grant(service))).status, 200);
      service.clock.offsetMs = 0;
      assert.equal((await put(service, before)).status, 200);
      assert.equal((await listed(service)).length, 2);
    });

    it('does not delay a job', { timeout: 240_000 }, async () => {
      await using service = await createTimedService();
      const { image_id } = await outage(service); // and a job was sent, due in 5 s
      service.clock.offsetMs = jumpMs;
      const { signal } = new AbortController();
      const deliveries = await service.services.jobs.receive({ limit: 1, waitSeconds: 0, signal });
      assert.deepEqual(
        deliveries.map(({ job }) => job),
        [{ kind: 'finalize', imageId: image_id }],
      );
    });

    it('does not stop the sweeper', async () => {
      await using service = await createTimedService();
      const { signal } = new AbortController();
      const services = hearingPostponed(service.services, assert.ifError);
      const sweepOnce = () => sweep(services, { holder: 'sweeper', signal });
      await sweepOnce(); // leaves it a lease of five minutes
      service.clock.offsetMs = jumpMs;
      const { image_id } = await outage(service);
      await sweepOnce();
      assert.deepEqual(await listed(service), [image_id]);
    });
  });
}

describe('leases from before the clock was set back an hour', () => {
  it('are free immediately, because no lease lasts that long', async () => {
    await using service = await createTimedService();
    const { images, objects } = service.services;
    const granted = await outage(service);
    const image = await images.get(granted.image_id as Parameters<typeof images.get>[0]);
    assert.equal(image?.status, 'pending');
    if (image?.status !== 'pending') return;
    const claim = { attempt: 'of-the-dead', leaseUntil: new Date(service.clock.now().getTime() + 60_000) };
    await images.replace(image, { ...image, claim });

    service.clock.offsetMs = -HOUR_MS;
    assert.equal((await service.request(`/images/${granted.image_id}/complete`, { method: 'POST' })).status, 200);
    assert.equal(await Array.fromAsync(objects.list('images/')).then((keys) => keys.length), 1);
  });
});

describe('the running service', { skip: NO_FAKE_TIME }, () => {
  it('serves every request when its clock jumps an hour ahead, and an hour back, and loses nothing', async () => {
    await using folder = await temporaryFolder();
    const time = join(folder.path, 'time');
    await writeFile(time, '+0');
    await using service = await startService(
      { LOG_LEVEL: 'silent', ...fakeTimeIn(time) }, // the monotonic clock doesn't jump with the system's time
      folder.path,
    );
    const now = async () => {
      const body = json({ user_id: 'u', content_type: 'image/jpeg' });
      const { expires_at } = (await (await fetch(`${service.origin}/images/upload`, body)).json()) as {
        expires_at: string;
      };
      return Date.parse(expires_at) - 300_000;
    };
    const visitor = await createVisitor(service.origin);
    for (const jump of ['+1h', '-1h', '+0']) {
      await writeFile(time, jump);
      const hours = Math.round(((await now()) - Date.now()) / HOUR_MS) + 0;
      assert.equal(hours, Number.parseInt(jump, 10), 'expected the service to have the time of the test');
      const later = await createVisitor(service.origin);
      assertTold(await later.askAll(), {});
      await later.assertNothingLost();
      const old = await visitor.askAll({ but: ['put', 'form', 'download', 'remove', 'complete'] });
      assertTold(old, {});
      await visitor.assertNothingLost();
    }
  });
});
