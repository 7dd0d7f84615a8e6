import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type FauxqsServer, NO_FAUXQS, startFauxqs } from '../../../../../test/servers/fauxqs.ts';
import { AppError } from '../../domain/errors.ts';
import { type Delivery, LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { assertNothing, NEVER, take, takeOne } from '../job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob, sendJobs } from '../sample-job.fixture.ts';
import { createFaultyClient, FAULTS, type FaultName, type Operation } from './faults.fixture.ts';
import { createSqsHarness, type SqsHarness } from './sqs-harness.fixture.ts';

const FOR_GOOD = 1_000;
const names = Object.keys(FAULTS) as FaultName[];

describe('an SQS fault', { skip: NO_FAUXQS }, () => {
  /** A server for this file alone: its tests move the clock, one after the other. */
  let server: FauxqsServer;
  before(async () => {
    server = await startFauxqs();
  });
  after(() => server[Symbol.asyncDispose]());

  const createTroubled = async () => {
    const { client, befall, begun } = createFaultyClient(server.sqs);
    return { ...(await createSqsHarness(server, { client })), befall, begun };
  };

  for (const fault of names) {
    it(`loses no job if it occurs once in each call: ${fault}`, async () => {
      await using harness = await createTroubled();
      const job = sampleJob();
      harness.befall('SendMessage', fault);
      await harness.jobs.send(job);
      // If the answer is lost, the job is sent twice, and a received message comes again after its lease.
      for (let left = fault === 'an answer that is lost' ? 2 : 1; left > 0; left -= 1) {
        harness.befall('ReceiveMessage', fault);
        const delivery = await takeInTime(harness);
        assert.deepEqual(delivery.job, job);
        harness.befall('ChangeMessageVisibility', fault);
        await delivery.extend();
        harness.befall('ChangeMessageVisibility', fault);
        await delivery.retry('again');
        const again = await takeInTime(harness);
        harness.befall('DeleteMessage', fault);
        await again.finish();
      }
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
    });

    it(`in sending a dead letter keeps the job, which becomes a dead letter later: ${fault}`, async () => {
      await using harness = await createTroubled();
      await harness.sendBody('no job');
      harness.befall('SendMessage', fault, FOR_GOOD);
      await assert.rejects(harness.jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER }), isUnavailable);
      harness.befall('SendMessage', fault, 0);
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
      const bodies = new Set((await harness.deadLetters()).map(({ job }) => job));
      assert.deepEqual([...bodies], ['no job']);
      await harness.pass(LEASE_SECONDS * 1.2);
      await assertNothing(harness.jobs);
    });
  }

  describe('while it lasts', { concurrency: true }, () => {
    for (const fault of names)
      it(`is reported as unavailable: ${fault}`, async () => {
        await using harness = await createTroubled();
        await harness.jobs.send(sampleJob());
        const { jobs } = harness;
        const delivery = await takeOne(jobs);
        const calls: readonly (readonly [Operation, () => Promise<unknown>])[] = [
          ['SendMessage', () => jobs.send(sampleJob())],
          ['ReceiveMessage', () => jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER })],
          ['ChangeMessageVisibility', () => delivery.extend()],
          ['ChangeMessageVisibility', () => delivery.retry('again')],
          ['DeleteMessage', () => delivery.finish()],
          ['GetQueueAttributes', () => jobs.countDeadLetters()],
        ];
        for (const [operation] of calls) harness.befall(operation, fault, FOR_GOOD);
        await Promise.all(calls.map(([operation, call]) => assert.rejects(call(), isUnavailable, operation)));
      });
  });

  it('in finishing one of several deliveries causes only that one to be redelivered', async () => {
    await using harness = await createTroubled();
    await sendJobs(harness.jobs, 3);
    const deliveries = await take(harness.jobs);
    assert.equal(deliveries.length, 3);
    const [first, ...others] = deliveries;
    harness.befall('DeleteMessage', 'an error of its own', FOR_GOOD);
    await assert.rejects(async () => first?.finish(), isUnavailable);
    harness.befall('DeleteMessage', 'an error of its own', 0);
    await Promise.all(others.map((delivery) => delivery.finish()));
    await harness.pass(LEASE_SECONDS * 1.2);
    const left = await take(harness.jobs);
    assert.deepEqual([imageIdsOf(left), left[0]?.attempt], [imageIdsOf(deliveries.slice(0, 1)), 2]);
  });

  it('in sending a dead letter does not hold back other jobs', async () => {
    await using harness = await createTroubled();
    await harness.sendBody('no job');
    const [job] = await sendJobs(harness.jobs, 1);
    harness.befall('SendMessage', 'an error of its own', FOR_GOOD);
    const deliveries = await take(harness.jobs);
    assert.deepEqual(
      deliveries.map((delivery) => delivery.job),
      [job],
    );
  });
});

/** One job, which may have to come again after its lease or after a backoff. */
async function takeInTime({ jobs, pass }: SqsHarness): Promise<Delivery> {
  for (let leases = 0; leases <= MAX_ATTEMPTS; leases += 1) {
    const [delivery] = await jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER });
    if (delivery) return delivery;
    await pass(LEASE_SECONDS);
  }
  throw new Error(`expected a job within ${MAX_ATTEMPTS} leases; got none`);
}

const isUnavailable = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';
