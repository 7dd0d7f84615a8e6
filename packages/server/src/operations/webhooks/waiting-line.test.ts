import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { after, MADE_AT, sampleDelivery, sampleEvent, sampleWebhook } from '../../domain/event/webhooks.fixture.ts';
import { createWaitingLine } from './waiting-line.ts';

const webhook = sampleWebhook();
const first = sampleEvent({ sequence: 1 });
const [one, two, three] = [2, 3, 4].map((revision) =>
  sampleDelivery(webhook, { ...first, revision, sequence: revision }),
);
const other = sampleDelivery(webhook, sampleEvent({ sequence: 9 }));
assert.ok(one && two && three);

describe('the line of unfinished deliveries', () => {
  it('gives the first of each image once, and the next when that is finished', () => {
    const line = createWaitingLine([one, two, other]);
    assert.deepEqual([line.take(MADE_AT), line.take(MADE_AT), line.take(MADE_AT)], [one, other, undefined]);
    line.giveBack(one, undefined);
    assert.equal(line.take(MADE_AT), two);
    assert.equal(line.size, 2);
  });

  it('gives one that failed when it is due, and no later one of its image before', () => {
    const line = createWaitingLine([one, two]);
    assert.equal(line.take(MADE_AT), one);
    const failed = { ...one, attempts: 1, dueAt: after(5) };
    line.giveBack(one, failed);
    assert.equal(line.take(after(4)), undefined);
    assert.deepEqual(line.nextDueAt(), after(5));
    assert.equal(line.take(after(5)), failed);
    assert.equal(line.nextDueAt(), undefined, 'it is under way');
  });

  it('takes a delivery that it has already only once', () => {
    const line = createWaitingLine([one]);
    assert.equal(line.take(MADE_AT), one);
    line.add([{ ...one, dueAt: after(9) }, two]);
    assert.equal(line.size, 2);
    assert.equal(line.take(after(9)), undefined);
    line.giveBack(one, undefined);
    assert.equal(line.take(MADE_AT), two);
  });

  it('knows what follows a delivery that failed for good, until one of the image succeeds', () => {
    const line = createWaitingLine([one, two, other]);
    line.take(MADE_AT);
    line.giveBack(one, { ...one, status: 'failed' });
    assert.deepEqual([line.followsFailed(two), line.followsFailed(other)], [true, false]);
    line.add([three]);
    line.giveBack(two, { ...two, status: 'delivered' });
    assert.equal(line.followsFailed(three), false);
  });

  it('removes the oldest of those that wait behind a failing one, but the latest ten', () => {
    const many = Array.from({ length: 20 }, (_, n) => sampleDelivery(webhook, { ...first, revision: n + 2 }));
    const [head = assert.fail(), ...behind] = many;
    for (const [attempts, httpStatus, removed] of [
      [0, null, 0],
      [2, 500, 0],
      [3, 429, 0],
      [3, 500, 9],
    ] as const) {
      const line = createWaitingLine(many);
      line.take(MADE_AT);
      const last = { at: MADE_AT, httpStatus, durationMs: 1, answer: '' };
      line.giveBack(head, { ...head, attempts, last });
      assert.deepEqual(line.removeSurplus(4), behind.slice(0, Math.min(removed, 4)), `${attempts} attempts`);
      assert.deepEqual(line.removeSurplus(100), behind.slice(Math.min(removed, 4), removed));
      assert.equal(line.size, 20 - removed);
      assert.equal(line.take(MADE_AT)?.eventId, head.eventId, 'the failing one stays the first');
      line.giveBack(head, undefined);
      assert.equal(line.take(after(9)), behind[removed]);
    }
  });
});
