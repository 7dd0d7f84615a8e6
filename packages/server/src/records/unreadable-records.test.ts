import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../domain/errors.ts';
import type { ServiceEvent } from '../observe/observer/observer.ts';
import { newImageId } from './images/sample-images.fixture.ts';
import { createUnreadableRecords } from './unreadable-records.ts';

function createReported() {
  const events: ServiceEvent[] = [];
  return { events, ...createUnreadableRecords((event) => events.push(event)) };
}

const fail = (error: Error) => () => {
  throw error;
};

describe('an unreadable record', () => {
  it('is reported once, with the innermost reason', () => {
    const { events, leaveOut } = createReported();
    const id = newImageId();
    const corrupt = new Error('The record is corrupt', { cause: new TypeError('expected a time; got something else') });
    for (let count = 0; count < 3; count += 1) assert.equal(leaveOut(id, fail(corrupt)), undefined);
    assert.deepEqual(events, [
      { event: 'unreadable-record', imageId: id, reason: 'expected a time; got something else' },
    ]);
  });

  it('does not hide other records', () => {
    const { events, leaveOut } = createReported();
    assert.equal(
      leaveOut(newImageId(), () => 7),
      7,
    );
    for (const id of [newImageId(), newImageId()]) leaveOut(id, fail(new Error('corrupt')));
    assert.equal(events.length, 2);
  });

  it('is not reported after a thousand others', () => {
    const { events, leaveOut } = createReported();
    for (let count = 0; count < 1_500; count += 1) leaveOut(newImageId(), fail(new Error('corrupt')));
    assert.equal(events.length, 1_000);
  });

  it('is an internal error that reveals nothing, or unavailable if a newer version wrote it', () => {
    const { events, requireReadable } = createReported();
    const corrupt = new Error('The record of ada is corrupt');
    assert.throws(
      () => requireReadable(newImageId(), fail(corrupt)),
      (error: AppError) => error.code === 'internal' && !error.detail.includes('ada') && error.cause === corrupt,
    );
    const newer = new AppError('unavailable', 'newer', { retryAfterSeconds: 30 });
    assert.throws(() => requireReadable(newImageId(), fail(newer)), newer);
    assert.equal(events.length, 1);
  });
});
