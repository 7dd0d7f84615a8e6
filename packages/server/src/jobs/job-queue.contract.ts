import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeDecisions } from './decisions.contract.ts';
import { LEASE_SECONDS } from './job-queue.ts';
import { assertNothing, type CreateJobQueueHarness, NEVER, take, takeOne } from './job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob, sampleJobs, sendJobs } from './sample-job.fixture.ts';
import { describeWaiting } from './waiting.contract.ts';

export function describeJobQueue(name: string, create: CreateJobQueueHarness): void {
  describe(`${name} as a job queue`, () => {
    it('is empty before a job is sent', async () => {
      await using harness = await create();
      await assertNothing(harness.jobs);
    });

    for (const job of sampleJobs()) {
      it(`delivers a sent job as its first attempt: ${job.kind}`, async () => {
        await using harness = await create();
        await harness.jobs.send(job);
        const delivery = await takeOne(harness.jobs);
        assert.deepEqual([delivery.job, delivery.attempt], [job, 1]);
      });
    }

    it('delivers at most as many jobs as requested', async () => {
      await using harness = await create();
      await sendJobs(harness.jobs, 12);
      for (const limit of [1, 3]) {
        const { length } = await take(harness.jobs, limit);
        assert.ok(length >= 1 && length <= limit, `${length} of ${limit}`);
      }
    });

    it('delivers a job to one of many concurrent receivers', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const stop = new AbortController();
      const asking = Array.from({ length: 10 }, async () => {
        const { length } = await harness.jobs.receive({ limit: 10, waitSeconds: 20, signal: stop.signal });
        if (length > 0) stop.abort();
        return length;
      });
      assert.deepEqual(
        (await Promise.all(asking)).filter((length) => length > 0),
        [1],
      );
    });

    it('delivers each of 1,000 jobs to one of 100 receivers, once during its lease', async () => {
      await using harness = await create();
      const sent = await sendJobs(harness.jobs, 1_000);
      const received: string[] = [];
      const stop = new AbortController();
      const receive = async () => {
        for (;;) {
          const deliveries = await harness.jobs.receive({ limit: 10, waitSeconds: 20, signal: stop.signal });
          if (deliveries.length === 0) return;
          received.push(...imageIdsOf(deliveries));
          if (received.length >= sent.length) stop.abort();
        }
      };
      await Promise.all(Array.from({ length: 100 }, receive));
      assert.deepEqual(received.toSorted(), sent.map(({ imageId }) => imageId).toSorted());
      await assertNothing(harness.jobs);
    });

    it('redelivers a job after its lease, with the next attempt number', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const { job } = await takeOne(harness.jobs);
      await harness.pass(LEASE_SECONDS * 0.6);
      await assertNothing(harness.jobs);
      await harness.pass(LEASE_SECONDS * 0.6);
      const again = await takeOne(harness.jobs);
      assert.deepEqual([again.job, again.attempt], [job, 2]);
    });

    it('holds a delayed job back until its delay has passed', async () => {
      await using harness = await create();
      const job = sampleJob();
      await harness.jobs.send(job, { delaySeconds: 60 });
      await assertNothing(harness.jobs);
      await harness.pass(60);
      assert.deepEqual((await takeOne(harness.jobs)).job, job);
    });

    for (const body of ['{"id":"1"}', 'no JSON', '{"kind":"finalize","image_ids":["1"]}']) {
      it(`makes ${body} a dead letter, and delivers the jobs behind it`, async () => {
        await using harness = await create();
        await harness.sendBody(body);
        const [job] = await sendJobs(harness.jobs, 1);
        assert.deepEqual((await takeOne(harness.jobs)).job, job);
        await assertNothing(harness.jobs); // an unordered queue reaches it now
        const [letter, ...others] = await harness.deadLetters();
        assert.deepEqual([letter?.job, others], [body, []]);
        assert.match(letter?.reason ?? '', /expected a job or an event of a bucket/);
        assert.deepEqual(harness.events, []);
      });
    }

    for (const [what, body, kind] of [
      ['of a later kind', '{"kind":"repaint","id":"1"}', 'repaint'],
      ['of a later kind with a field of bucket events', '{"kind":"repaint","Records":[]}', 'repaint'],
    ] as const) {
      it(`keeps a job ${what} for a version that knows it, reports it, and delivers the jobs behind it`, async () => {
        await using harness = await create();
        await harness.sendBody(body);
        const [job] = await sendJobs(harness.jobs, 1);
        const delivery = await takeOne(harness.jobs);
        assert.deepEqual(delivery.job, job);
        await delivery.finish();
        for (let receptions = 1; receptions <= 3; receptions += 1) {
          await assertNothing(harness.jobs); // reached now at the latest
          assert.deepEqual(
            harness.events,
            Array.from({ length: receptions }, () => ({ event: 'unknown-job', kind })),
          );
          await assertNothing(harness.jobs);
          assert.equal(harness.events.length, receptions, 'expected one report, and then a pause');
          await harness.pastPause();
        }
        assert.deepEqual(await harness.deadLetters(), []);
      });
    }

    describe('with invalid options', () => {
      const wrong = {
        'limit: expected 1 to 10; got 0': { limit: 0 },
        'limit: expected 1 to 10; got 11': { limit: 11 },
        'limit: expected a whole number; got 1.5': { limit: 1.5 },
        'limit: expected a whole number; got NaN': { limit: Number.NaN },
        'waitSeconds: expected 0 to 20; got -1': { waitSeconds: -1 },
        'waitSeconds: expected 0 to 20; got 21': { waitSeconds: 21 },
        'waitSeconds: expected 0 to 20; got NaN': { waitSeconds: Number.NaN },
      };
      for (const [message, options] of Object.entries(wrong)) {
        it(`refuses to receive, as a programming error: ${message}`, async () => {
          await using harness = await create();
          const asked = { limit: 1, waitSeconds: 0, signal: NEVER, ...options };
          await assert.rejects(harness.jobs.receive(asked), { name: 'RangeError', message });
        });
      }

      for (const delaySeconds of [-1, 901, Number.NaN]) {
        it(`refuses a delay of ${delaySeconds} s, as a programming error, and sends nothing`, async () => {
          await using harness = await create();
          const message = `delaySeconds: expected 0 to 900; got ${delaySeconds}`;
          await assert.rejects(harness.jobs.send(sampleJob(), { delaySeconds }), { name: 'RangeError', message });
          await assertNothing(harness.jobs);
        });
      }
    });

    describeDecisions(create);
    describeWaiting(create);
  });
}
