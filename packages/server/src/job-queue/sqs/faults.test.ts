import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NO_FAUXQS } from '../../../../../test-servers/fauxqs.ts';
import { type SqsForTests, sqsForTests } from '../../../../../test-servers/sqs-for-tests.ts';
import { AppError } from '../../domain/errors.ts';
import { assertNothing, NEVER, take, takeOne } from '../job-queue-harness.fixture.ts';
import { imageIdsOf, sampleJob, sendJobs } from '../sample-job.fixture.ts';
import { createFaultyClient, FAULTS, type FaultName, type Operation } from './faults.fixture.ts';
import { createSqsHarness } from './sqs-harness.fixture.ts';

const FOR_GOOD = 1_000;
const names = Object.keys(FAULTS) as FaultName[];

describe('SQS in trouble', { skip: NO_FAUXQS, concurrency: true }, () => {
  let server: SqsForTests;
  before(async () => {
    server = await sqsForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  const createTroubled = async () => {
    const { client, befall, begun } = createFaultyClient(server.sqs);
    return { ...(await createSqsHarness(server.sqs, { client })), befall, begun };
  };

  for (const fault of names) {
    it(`${fault}, once at each call, loses no job and ends each`, async () => {
      await using harness = await createTroubled();
      const job = sampleJob();
      harness.befall('SendMessage', fault);
      await harness.jobs.send(job);
      // A lost answer's job was sent twice, and what it brought to a receiver comes again past the lease.
      for (let left = fault === 'an answer that is lost' ? 2 : 1; left > 0; left -= 1) {
        harness.befall('ReceiveMessage', fault);
        const delivery = await takeOne(harness.jobs);
        assert.deepEqual(delivery.job, job);
        harness.befall('ChangeMessageVisibility', fault);
        await delivery.extend();
        harness.befall('ChangeMessageVisibility', fault);
        await delivery.retry('again');
        const again = await takeOne(harness.jobs);
        harness.befall('DeleteMessage', fault);
        await again.finish();
      }
      await harness.pass(harness.leaseSeconds * 1.2);
      await assertNothing(harness.jobs);
    });

    it(`${fault}, for as long as one waits, is told as unavailable`, async () => {
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
      ];
      for (const [operation, call] of calls) {
        harness.befall(operation, fault, FOR_GOOD);
        await assert.rejects(call(), isUnavailable, operation);
        harness.befall(operation, fault, 0);
      }
    });

    it(`${fault} at a dead letter leaves the job, and makes it one at last`, async () => {
      await using harness = await createTroubled();
      await harness.sendBody('no job');
      harness.befall('SendMessage', fault, FOR_GOOD);
      await assert.rejects(harness.jobs.receive({ limit: 1, waitSeconds: 0, signal: NEVER }), isUnavailable);
      harness.befall('SendMessage', fault, 0);
      await harness.pass(harness.leaseSeconds * 1.2);
      await assertNothing(harness.jobs);
      const bodies = new Set((await harness.deadLetters()).map(({ job }) => job));
      assert.deepEqual([...bodies], ['no job']);
      await harness.pass(harness.leaseSeconds * 1.2);
      await assertNothing(harness.jobs);
    });
  }

  it('one of several deliveries fails: the others end, and it alone comes again', async () => {
    await using harness = await createTroubled();
    await sendJobs(harness.jobs, 3);
    const deliveries = await take(harness.jobs);
    assert.equal(deliveries.length, 3);
    const [first, ...others] = deliveries;
    harness.befall('DeleteMessage', 'an error of its own', FOR_GOOD);
    await assert.rejects(async () => first?.finish(), isUnavailable);
    harness.befall('DeleteMessage', 'an error of its own', 0);
    await Promise.all(others.map((delivery) => delivery.finish()));
    await harness.pass(harness.leaseSeconds * 1.2);
    const left = await take(harness.jobs);
    assert.deepEqual([imageIdsOf(left), left[0]?.attempt], [imageIdsOf(deliveries.slice(0, 1)), 2]);
  });

  it('poison that cannot be buried now keeps no job from being handed out', async () => {
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

const isUnavailable = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';
