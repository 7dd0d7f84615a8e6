import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Delivery, LEASE_SECONDS, MAX_ATTEMPTS } from './job-queue.ts';
import {
  assertNothing,
  type CreateJobQueueHarness,
  type JobQueueHarness,
  takeOne,
} from './job-queue-harness.fixture.ts';
import { sampleJob } from './sample-job.fixture.ts';

/**
 * Its backoff is half a minute at least. A queue that counts real time too reaches that of the first, half a second, by
 * itself.
 */
const LATE_ATTEMPT = 7;

export function describeDecisions(create: CreateJobQueueHarness): void {
  describe('a decision', () => {
    it('to finish ends the job for good', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      await (await takeOne(harness.jobs)).finish();
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
      assert.deepEqual(await harness.deadLetters(), []);
    });

    it('to extend keeps the job for another lease, starting then', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const delivery = await takeOne(harness.jobs);
      for (let times = 0; times < 2; times += 1) {
        await harness.pass(LEASE_SECONDS * 0.6);
        await delivery.extend();
      }
      await harness.pass(LEASE_SECONDS * 0.6);
      await assertNothing(harness.jobs);
      await harness.pass(LEASE_SECONDS * 0.6);
      assert.equal((await takeOne(harness.jobs)).attempt, 2);
    });

    it('to retry redelivers the job after a backoff, with the next attempt number', async () => {
      await using harness = await create();
      const job = sampleJob();
      await harness.jobs.send(job);
      for (let attempt = 1; attempt < LATE_ATTEMPT; attempt += 1) {
        await (await takeOne(harness.jobs)).retry('the disk is slow today');
        await harness.pastBackoff(attempt);
      }
      await (await takeOne(harness.jobs)).retry('the disk is slow today');
      await assertNothing(harness.jobs);
      await harness.pastBackoff(LATE_ATTEMPT);
      const again = await takeOne(harness.jobs);
      assert.deepEqual([again.job, again.attempt], [job, LATE_ATTEMPT + 1]);
      assert.deepEqual(await harness.deadLetters(), []);
    });

    it('to retry the last attempt makes the job a dead letter with the reason, which is never delivered', async () => {
      await using harness = await create();
      const job = sampleJob();
      await harness.jobs.send(job);
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const delivery = await takeOne(harness.jobs);
        assert.equal(delivery.attempt, attempt);
        assert.equal(await harness.jobs.countDeadLetters(), 0);
        assert.deepEqual(await harness.deadLetters(), []);
        await delivery.retry(`the decoder was away ${attempt} times`);
        await harness.pastBackoff(attempt);
      }
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
      assert.equal(await harness.jobs.countDeadLetters(), 1);
      assert.deepEqual(await harness.deadLetters(), [{ job, reason: `the decoder was away ${MAX_ATTEMPTS} times` }]);
    });

    it('that is missing for every attempt makes the job a dead letter with that reason', async () => {
      await using harness = await create();
      const job = sampleJob();
      await harness.jobs.send(job);
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        assert.equal((await takeOne(harness.jobs)).attempt, attempt);
        await harness.pass(LEASE_SECONDS);
      }
      await assertNothing(harness.jobs);
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
      const letters = await harness.deadLetters();
      assert.deepEqual(
        letters.map((letter) => letter.job),
        [job],
      );
      assert.match(letters[0]?.reason ?? '', /the lease of attempt 12, the last, ended undecided/);
    });

    for (const [name, decide] of Object.entries(DECISIONS)) {
      it(`to ${name} has no effect after the job was delivered to another worker`, async () => {
        await using harness = await create();
        const { slow, current } = await supersede(harness);
        await harness.pass(LEASE_SECONDS * 0.4);
        await decide(slow);
        await harness.pass(LEASE_SECONDS * 0.2);
        await assertNothing(harness.jobs);
        await harness.pass(LEASE_SECONDS * 0.6);
        const next = await takeOne(harness.jobs);
        assert.deepEqual([next.job, next.attempt], [current.job, 3]);
        await next.finish();
      });

      it(`to ${name} has no effect after the job was finished, nor on later jobs`, async () => {
        await using harness = await create();
        const { slow, current } = await supersede(harness);
        await current.finish();
        await harness.jobs.send(sampleJob());
        const later = await takeOne(harness.jobs);
        await harness.pass(LEASE_SECONDS * 0.4);
        await decide(slow);
        await decide(current);
        await harness.pass(LEASE_SECONDS * 0.2);
        await assertNothing(harness.jobs);
        await harness.pass(LEASE_SECONDS * 0.6);
        const again = await takeOne(harness.jobs);
        assert.deepEqual([again.job, again.attempt], [later.job, 2]);
        assert.deepEqual(await harness.deadLetters(), []);
      });
    }

    it('to finish is effective after the lease, too, while nobody else has the job', async () => {
      await using harness = await create();
      await harness.jobs.send(sampleJob());
      const delivery = await takeOne(harness.jobs);
      await harness.pass(LEASE_SECONDS * 1.2);
      await delivery.finish();
      await assertNothing(harness.jobs);
    });
  });
}

const DECISIONS = {
  finish: (delivery: Delivery) => delivery.finish(),
  extend: (delivery: Delivery) => delivery.extend(),
  retry: (delivery: Delivery) => delivery.retry('too late'),
};

/** One job, delivered to a slow worker, and again when its lease had ended. */
async function supersede({ jobs, pass }: JobQueueHarness) {
  await jobs.send(sampleJob());
  const slow = await takeOne(jobs);
  await pass(LEASE_SECONDS * 1.2);
  return { slow, current: await takeOne(jobs) };
}
