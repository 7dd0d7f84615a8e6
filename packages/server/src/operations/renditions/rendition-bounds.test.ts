import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import { beyondBounds } from './rendition-bounds.ts';

const MEGABYTE = 1_048_576;

/** The newest first: rendition `r0` is the newest. */
const renditions = (count: number, megabytes: number) =>
  Array.from({ length: count }, (_, index) => ({
    key: `r${index}` as ObjectKey,
    storedAt: new Date(1_000_000 - index),
    sizeBytes: megabytes * MEGABYTE,
  }));

const dropped = (originalMegabytes: number, all: ReturnType<typeof renditions>): readonly string[] =>
  beyondBounds({ sizeBytes: originalMegabytes * MEGABYTE }, all).map(({ key }) => key);

describe('the renditions of an image that are dropped', () => {
  it('are the oldest beyond 64', () => {
    assert.deepEqual(dropped(1, renditions(64, 0.1)), []);
    assert.deepEqual(dropped(1, renditions(66, 0.1)), ['r64', 'r65']);
  });

  it('are the oldest beyond 64 MB, of a small original', () => {
    assert.deepEqual(dropped(1, renditions(4, 16)), []);
    assert.deepEqual(dropped(1, renditions(6, 16)), ['r4', 'r5']);
  });

  it('are the oldest beyond eight times the original', () => {
    assert.deepEqual(dropped(10, renditions(5, 16)), []);
    assert.deepEqual(dropped(10, renditions(6, 16)), ['r5']);
  });

  it('are never the newest one', () => {
    assert.deepEqual(dropped(1, renditions(2, 100)), ['r1']);
  });
});
