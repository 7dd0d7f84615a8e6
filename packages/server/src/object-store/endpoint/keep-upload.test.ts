import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { createDiskHarness } from '../disk/disk-harness.fixture.ts';
import { getBytes, inChunks, incoming, MAX_BYTES, somePng } from '../sample-objects.fixture.ts';
import { keepUpload } from './keep-upload.ts';

describe('the bytes of an upload without a verdict', () => {
  const bytes = somePng();
  const disconnected = new DOMException('the client has left', 'AbortError');
  const unavailable = new AppError('unavailable', 'try again');

  for (const [what, error, isFirst, stay] of [
    ['stay if their sender has disconnected', disconnected, false, true],
    ['stay if the sender of a first PUT has disconnected', disconnected, true, true],
    ['stay if their sender may replace them', unavailable, false, true],
    ['go if their sender is to send a first PUT again', unavailable, true, false],
  ] as const)
    it(what, async () => {
      await using harness = await createDiskHarness();
      const { store, staging } = harness;
      await using file = await staging.stage(inChunks(bytes), { maxBytes: MAX_BYTES });
      const key = incoming();
      const keeping = keepUpload({ store }, { key, file, isFirst }, () => Promise.reject(error));
      await assert.rejects(keeping, error);
      assert.deepEqual(await getBytes(store, key), stay ? bytes : undefined);
    });
});
