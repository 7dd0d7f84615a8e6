import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ImageId } from '../image/image-id.ts';
import { createErased } from './erased.ts';

const TOO_MANY = {
  code: 'unavailable',
  detail: /^expected at most \d+ .*; got more: are the target and its erasures yours\?$/,
};
const KEY = 'e5'.repeat(32);
const at = new Date('2026-11-26T12:00:00.000Z');
const erasureOf = (userHash: string, imageIds: readonly ImageId[] = []) => ({
  id: randomUUID(),
  userHash,
  imageIds,
  erasedAt: at,
  blockedUntil: at,
});

describe('what erasures forbid', () => {
  it('has a bound of users, images and keys', () => {
    const erased = createErased({ users: 2, images: 3, keys: 1 });
    const [id, other] = [randomUUID() as ImageId, randomUUID() as ImageId];
    erased.addKey(KEY);
    erased.add(erasureOf('ab', [id, other]));
    erased.add(erasureOf('cd', [id]));
    erased.add(erasureOf('cd'));
    assert.deepEqual(
      [id, randomUUID() as ImageId].map((one) => erased.has({ id: one, userId: 'ada' })),
      [true, false],
    );
    assert.throws(() => erased.add(erasureOf('ef')), TOO_MANY);
    assert.throws(() => erased.add(erasureOf('ab', [other])), TOO_MANY);
    erased.addKey(KEY);
    assert.throws(() => erased.addKey('another'), TOO_MANY);
  });
});
