import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Delivery, JobQueue } from './job-queue.ts';
import { assertNothing, type CreateJobQueueHarness, NEVER, takeOne } from './job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob } from './sample-job.fixture.ts';

export function describeWaiting(create: CreateJobQueueHarness): void {
  describe('a waiting receiver', () => {
    it('gets a job that is sent in the meantime', async () => {
      await using harness = await create();
      const waiting = awaitOne(harness.jobs);
      const job = sampleJob();
      await harness.jobs.send(job);
      assert.deepEqual((await waiting).job, job);
    });

    it('gets no delayed job before it is due, but one that is sent after it', async () => {
      await using harness = await create();
      const waiting = awaitOne(harness.jobs);
      await harness.jobs.send(sampleJob(), { delaySeconds: 60 });
      const job = sampleJob();
      await harness.jobs.send(job);
      assert.deepEqual((await waiting).job, job);
    });

    it('gets a delayed job when it is due', async () => {
      await using harness = await create();
      const waiting = awaitOne(harness.jobs);
      const job = sampleJob();
      await harness.jobs.send(job, { delaySeconds: 1 });
      await harness.pass(1);
      assert.deepEqual((await waiting).job, job);
    });

    it('gets a job that another worker retries, when it is due', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const delivery = await takeOne(harness.jobs);
      const waiting = awaitOne(harness.jobs);
      await delivery.retry('the disk is slow today');
      await assertNothing(harness.jobs);
      await harness.pastBackoff(1);
      assert.equal((await waiting).attempt, 2);
    });

    it('gets nothing when its wait ends', async () => {
      await using harness = await create();
      assert.deepEqual(await harness.jobs.receive({ limit: 1, waitSeconds: 1, signal: NEVER }), []);
    });

    it('gets nothing when its signal aborts, and jobs that are sent then stay for others', async () => {
      await using harness = await create();
      const stop = new AbortController();
      const waiting = harness.jobs.receive({ limit: 1, waitSeconds: 20, signal: stop.signal });
      stop.abort();
      await harness.jobs.send(sampleJob());
      assert.deepEqual(await waiting, []);
      assert.equal((await takeOne(harness.jobs)).attempt, 1);
    });

    it('gets and takes nothing if its signal was aborted before', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const signal = AbortSignal.abort();
      assert.deepEqual(await harness.jobs.receive({ limit: 1, waitSeconds: 20, signal }), []);
      assert.equal((await takeOne(harness.jobs)).attempt, 1);
    });

    it('gets one of several jobs, like every other waiting receiver', async () => {
      await using harness = await create();
      const waiting = Array.from({ length: 5 }, () => awaitOne(harness.jobs));
      const sent = waiting.map(sampleJob);
      for (const job of sent) await harness.jobs.send(job);
      const received = imageIdsOf(await Promise.all(waiting));
      assert.deepEqual(received.toSorted(), sent.map(({ imageId }) => imageId).toSorted());
    });
  });
}

/**
 * Awaits one job for most of the longest wait: a queue that does not wake its receivers looks again only at the end.
 */
async function awaitOne(jobs: JobQueue): Promise<Delivery> {
  const [delivery] = await jobs.receive({ limit: 1, waitSeconds: 20, signal: AbortSignal.timeout(18_000) });
  assert.ok(delivery, 'expected a job; got none');
  return delivery;
}
