import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../test/repeats.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { MEDIA_TYPES } from '../../domain/image/media-type.ts';
import { newAlbumId } from '../albums/sample-albums.fixture.ts';
import { newImageId } from '../images/sample-images.fixture.ts';
import {
  albumCountsPartition,
  albumRowsPartition,
  albumsOfPartition,
  apiKeysOfPartition,
  detailsKey,
  dueSort,
  dueUntil,
  eventSort,
  eventsPartition,
  imageIdOf,
  imageKey,
  keyUseKey,
  outboxEnd,
  outboxKey,
  outboxPartition,
  ownEventSort,
  ownEventsPartition,
  ownerPartition,
  shardPartition,
  tagPartition,
  tokenRevocationKey,
  tokenUsesKey,
  typePartition,
  viewRevocationKey,
} from './item-keys.ts';

/** Text of separators, escapes and parts of keys. */
const hostile = fc
  .array(fc.constantFrom('#', '%', '%23', '%25', '0', '1', 'a', 'pending', 'ready', 'T', 'G', '\u{1f98a}'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));

const shards = fc.integer({ min: 0, max: 12 });
const statuses = fc.constantFrom('pending' as const, 'ready' as const, 'rejected' as const, 'expired' as const);
const ids = fc.constantFrom(newImageId(), newImageId());
const albumIds = fc.constantFrom(newAlbumId(), newAlbumId());
const types = fc.constantFrom(...MEDIA_TYPES);

/** A key and all parts that it consists of. */
const keys = fc.oneof(
  fc.tuple(hostile, hostile).map(([userId, tag]) => ['owner tag', userId, tag, tagPartition({ userId }, tag)]),
  fc.tuple(shards, hostile).map(([shard, tag]) => ['tag', shard, tag, tagPartition({ shard }, tag)]),
  fc.tuple(hostile, types).map(([userId, type]) => ['owner type', userId, type, typePartition({ userId }, type)]),
  fc.tuple(shards, types).map(([shard, type]) => ['type', shard, type, typePartition({ shard }, type)]),
  fc.tuple(hostile, ids).map(([userId, id]) => ['details', userId, id, detailsKey({ userId, id }).pk]),
  fc.tuple(hostile, hostile).map(([userId, key]) => ['use', userId, key, keyUseKey(userId, key).pk]),
  hostile.map((owner) => ['keys of', owner, apiKeysOfPartition(owner)]),
  hostile.map((owner) => ['albums of', owner, albumsOfPartition(owner)]),
  fc.tuple(hostile, albumIds).map(([owner, id]) => ['album', owner, id, albumRowsPartition(owner, id)]),
  fc.tuple(hostile, albumIds).map(([owner, id]) => ['counts', owner, id, albumCountsPartition(owner, id)]),
  hostile.map((userId) => ['events of', userId, ownEventsPartition(userId)]),
  shards.map((shard) => ['events', shard, eventsPartition(shard)]),
  shards.map((shard) => ['outbox', shard, outboxPartition(shard)]),
  hostile.map((tokenId) => ['revocation', tokenId, tokenRevocationKey(tokenId).pk]),
  fc
    .tuple(hostile, fc.option(hostile))
    .map(([userId, tokenId]) => ['revocation of', userId, tokenId, viewRevocationKey(userId, tokenId).pk]),
  hostile.map((tokenId) => ['uses', tokenId, tokenUsesKey(tokenId).pk]),
  fc.tuple(hostile, statuses).map(([userId, status]) => ['owner', userId, status, ownerPartition(userId, status)]),
  fc
    .tuple(shards, fc.constantFrom('ready' as const, 'pending' as const))
    .map(([shard, status]) => ['shard', shard, status, shardPartition(shard, status)]),
);

describe('the keys of items', () => {
  it('are equal only for equal parts', () => {
    fc.assert(
      fc.property(keys, keys, (one, other) => {
        assert.equal(one.at(-1) === other.at(-1), JSON.stringify(one) === JSON.stringify(other));
      }),
      {
        numRuns: repeatsOf('itemKeys').count,
        examples: [
          [
            ['owner tag', 'a#b', 'c', tagPartition({ userId: 'a#b' }, 'c')],
            ['owner tag', 'a', 'b#c', tagPartition({ userId: 'a' }, 'b#c')],
          ],
          [
            ['owner tag', 'a#', 'c', tagPartition({ userId: 'a#' }, 'c')],
            ['owner tag', 'a%23', 'c', tagPartition({ userId: 'a%23' }, 'c')],
          ],
          [
            ['revocation of', 'a#b', 'c', viewRevocationKey('a#b', 'c').pk],
            ['revocation of', 'a', 'b#c', viewRevocationKey('a', 'b#c').pk],
          ],
          [
            ['revocation of', 'a#b', null, viewRevocationKey('a#b', null).pk],
            ['revocation of', 'a', 'b#', viewRevocationKey('a', 'b#').pk],
          ],
          [
            ['owner', 'a#pending', 'ready', ownerPartition('a#pending', 'ready')],
            ['owner', 'a', 'pending', ownerPartition('a', 'pending')],
          ],
        ],
      },
    );
  });

  it('have at most 2,048 bytes as partition keys, with the longest users, tags and Idempotency-Keys', () => {
    const longest = [
      (length: number) => '#'.repeat(length),
      (length: number) => '\u{1f98a}'.repeat(length),
      (length: number) => '\uffff'.repeat(length),
    ];
    for (const one of longest) {
      for (const other of longest) {
        for (const key of [
          tagPartition({ userId: one(128) }, other(64)),
          tagPartition({ shard: 1_000_000 }, other(64)),
          ...MEDIA_TYPES.map((type) => typePartition({ userId: one(128) }, type)),
          keyUseKey(one(128), other(255)).pk,
          ownerPartition(one(128), 'rejected'),
        ]) {
          assert.ok(Buffer.byteLength(key) <= 2_048, `${Buffer.byteLength(key)} bytes`);
        }
      }
    }
    assert.ok(
      Buffer.byteLength(dueSort(new Date(8.64e15), newImageId())) <= 1_024,
      'expected a sort key of at most 1,024 bytes',
    );
  });

  it('of a record contain its image id', () => {
    const id = newImageId();
    assert.equal(imageIdOf(imageKey(id).pk), id);
  });

  it('of events sort by sequence, and those of the outbox by revision, below the end of their image', () => {
    const numbers = fc.oneof(fc.nat(20), fc.maxSafeNat());
    fc.assert(
      fc.property(numbers, numbers, (one, other) => {
        const imageId = newImageId();
        const [first, second] = [one, other].map((revision) => outboxKey(0, { imageId, revision }).sk);
        assert.ok(first && second);
        assert.equal(eventSort(one) < eventSort(other), one < other);
        assert.equal(ownEventSort(3, one) < ownEventSort(3, other), one < other);
        assert.equal(first < second, one < other);
        assert.ok(first < outboxEnd(imageId));
      }),
    );
  });

  it('of due records sort by time, then by image', () => {
    const near = fc.constantFrom(...[0, 1, 9, 10].map((milliseconds) => new Date(milliseconds)));
    const times = fc.oneof(near, fc.date({ min: new Date(0), noInvalidDate: true }));
    const ids = fc.constantFrom(
      ...(['00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-7fff-bfff-ffffffffffff'] as ImageId[]),
    );
    fc.assert(
      fc.property(times, ids, times, ids, (at, id, otherAt, otherId) => {
        const isBefore = at < otherAt || (at.getTime() === otherAt.getTime() && id < otherId);
        assert.equal(dueSort(at, id) < dueSort(otherAt, otherId), isBefore);
        assert.equal(dueSort(at, id) <= dueUntil(otherAt), at <= otherAt);
      }),
    );
  });
});
