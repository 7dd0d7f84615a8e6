import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Payer, payerAt } from '../../domain/access/payer.ts';
import { createWaitingJobs, type SharedJob, type Urgency } from './waiting-jobs.ts';

interface Numbered extends SharedJob {
  readonly number: number;
}

const ANY = () => true;
const ONE: { readonly payer: Payer; readonly estimate: number } = { payer: payerAt('192.0.2.1', 'ada'), estimate: 1 };

describe('waiting jobs', () => {
  /** `counts` jobs of each urgency, numbered by arrival. */
  const create = (counts: Partial<Record<Urgency, number>>) => {
    const waiting = createWaitingJobs<Numbered>();
    for (const urgency of ['background', 'request', 'inspection'] as const)
      for (let number = 0; number < (counts[urgency] ?? 0); number++) waiting.add({ ...ONE, urgency, number });
    return waiting;
  };

  /** The places, from 0, of the jobs of `urgency` among the next `length`. */
  const placesOf = (urgency: Urgency, waiting: ReturnType<typeof create>, length: number): number[] =>
    Array.from({ length }, () => waiting.take(ANY)).flatMap((job, place) => (job?.urgency === urgency ? [place] : []));

  it('admit a request after eight uploads, and again after eight more', () => {
    assert.deepEqual(placesOf('request', create({ inspection: 40, request: 3 }), 30), [8, 17, 26]);
  });

  it('admit a background job after thirty-two others', () => {
    assert.deepEqual(placesOf('background', create({ request: 80, background: 3 }), 80), [32, 65]);
    assert.deepEqual(placesOf('background', create({ inspection: 80, background: 3 }), 80), [32, 65]);
  });

  it('don’t accumulate turns while they may not begin', () => {
    const waiting = create({ request: 50, background: 1 });
    for (let number = 0; number < 40; number++)
      assert.deepEqual(
        waiting.take((urgency) => urgency !== 'background'),
        { ...ONE, urgency: 'request', number },
      );
    assert.equal(waiting.take(ANY)?.urgency, 'request');
  });

  it('are in order of arrival, with jobs that were put back first', () => {
    const waiting = create({ request: 3 });
    const first = waiting.take(ANY);
    assert.ok(first);
    waiting.putBack(first);
    assert.deepEqual(
      Array.from({ length: 4 }, () => waiting.take(ANY)?.number),
      [0, 1, 2, undefined],
    );
  });

  it('of one urgency alternate by account', () => {
    const waiting = createWaitingJobs<Numbered>();
    for (let number = 0; number < 3; number++) waiting.add({ ...ONE, urgency: 'inspection', number });
    waiting.add({ ...ONE, urgency: 'request', number: 3 });
    waiting.add({ ...ONE, payer: payerAt('192.0.2.2', ''), urgency: 'inspection', number: 4 });
    assert.deepEqual(
      Array.from({ length: 5 }, () => waiting.take(ANY)?.number),
      [0, 4, 1, 2, 3],
    );
  });

  it('can be removed once, while they wait', () => {
    const waiting = createWaitingJobs<Numbered>();
    const job: Numbered = { ...ONE, urgency: 'request', number: 7 };
    waiting.add(job);
    waiting.add({ ...job, number: 8 });
    assert.deepEqual([waiting.remove(job), waiting.remove(job), waiting.count('request')], [true, false, 1]);
    assert.equal(waiting.take(ANY)?.number, 8);
  });
});
