import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { createSmallObjects, type SmallObject } from './small-objects.ts';

const key = (text: string): ObjectKey => text as ObjectKey;
const [A, B, C] = [key('images/a'), key('images/b'), key('images/c')];

const object = (sizeBytes: number): SmallObject => ({
  sizeBytes,
  contentType: 'image/png',
  entityTag: '"a"',
  lastModified: new Date(0),
  bytes: new Uint8Array(sizeBytes),
});

describe('small objects in memory', () => {
  it('are found until they are evicted', () => {
    const small = createSmallObjects({ maxObjectBytes: 10, maxBytes: 100 });
    assert.equal(small.find(A), undefined);
    const read = object(10);
    small.startReading(A)(read);
    assert.equal(small.find(A), read);
    small.forget(B);
    assert.equal(small.find(A), read);
    small.forget(A);
    assert.equal(small.find(A), undefined);
  });

  it('are limited in size', () => {
    const small = createSmallObjects({ maxObjectBytes: 10, maxBytes: 100 });
    assert.deepEqual([0, 10, 11].map(small.takes), [true, true, false]);
  });

  it('are evicted in LRU order', () => {
    const small = createSmallObjects({ maxObjectBytes: 10, maxBytes: 20 });
    small.startReading(A)(object(10));
    small.startReading(B)(object(10));
    small.find(A);
    small.startReading(C)(object(10));
    assert.deepEqual(
      [A, B, C].map((one) => small.find(one)?.sizeBytes),
      [10, undefined, 10],
    );
  });

  it('count once if read twice', () => {
    const small = createSmallObjects({ maxObjectBytes: 10, maxBytes: 20 });
    const [first, second] = [small.startReading(A), small.startReading(A)];
    first(object(10));
    second(object(10));
    small.startReading(B)(object(10));
    assert.deepEqual(
      [A, B].map((one) => small.find(one)?.sizeBytes),
      [10, 10],
    );
  });

  it('are not cached if they are forgotten while they are read', () => {
    const small = createSmallObjects({ maxObjectBytes: 10, maxBytes: 100 });
    const keep = small.startReading(A);
    small.forget(A);
    keep(object(10));
    assert.equal(small.find(A), undefined);
  });
});
