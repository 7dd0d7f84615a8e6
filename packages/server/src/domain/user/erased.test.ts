import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { firstIdAt, type ImageId } from '../image/image-id.ts';
import { createErased } from './erased.ts';
import { userHashOf } from './user-hash.ts';

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
      [id, randomUUID() as ImageId].map((one) => erased.has({ id: one, userId: 'ada', expiresAt: at })),
      [true, false],
    );
    assert.throws(() => erased.add(erasureOf('ef')), TOO_MANY);
    assert.throws(() => erased.add(erasureOf('ab', [other, randomUUID() as ImageId])), TOO_MANY);
    erased.addKey(KEY);
    assert.throws(() => erased.addKey('another'), TOO_MANY);
  });

  it('are images from before the end of the block, whatever time their id has', () => {
    const erased = createErased();
    const id = firstIdAt(new Date('2015-06-01T12:00:00.000Z'));
    erased.addKey(KEY);
    erased.add({ ...erasureOf(userHashOf(KEY, 'ada')), blockedUntil: new Date(at.getTime() - 1) });
    erased.add(erasureOf(userHashOf(KEY, 'ada'), [id]));
    erased.add(erasureOf(userHashOf('00'.repeat(32), 'cy'), [id]));
    const has = (userId: string, expiresAt: Date): boolean => erased.has({ id, userId, expiresAt });
    const before = new Date(at.getTime() - 1);
    assert.deepEqual([has('ada', before), has('ada', at)], [true, false], 'imported before, and again since');
    assert.deepEqual([has('cy', before), has('cy', at)], [true, true], 'of a user whose key nobody has');
    erased.addKey('00'.repeat(32));
    assert.deepEqual([has('cy', before), has('cy', at)], [true, false]);
  });
});
