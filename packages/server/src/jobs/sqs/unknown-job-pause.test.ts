import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEASE_SECONDS, MAX_ATTEMPTS } from '../job-queue.ts';
import { RETENTION_DAYS } from './attributes.ts';
import { unknownJobPause } from './unknown-job-pause.ts';

/** "Amazon SQS visibility timeout": counted from the reception. */
const LONGEST_HIDDEN_SECONDS = 12 * 3_600;

describe('the pause of an unknown job', () => {
  it('adds up to the retention period of the queue before the last attempt', () => {
    const pauses = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, n) => unknownJobPause(n + 1));
    const total = pauses.reduce((sum, pause) => sum + pause, 0);
    assert.ok(total >= RETENTION_DAYS * 86_400, `${total} s`);
  });

  it('starts at 15 minutes, and is never longer than SQS can hide a message', () => {
    assert.equal(unknownJobPause(1), 900);
    for (let count = 1; count <= 100; count += 1) {
      assert.ok(unknownJobPause(count) + LEASE_SECONDS <= LONGEST_HIDDEN_SECONDS);
    }
  });
});
