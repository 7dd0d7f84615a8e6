import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { expire, type Image, pendingImage, publish, reject, tombstone } from './image.ts';
import { type ImageFilter, matches, type ReadyFilter, wouldMatch } from './image-filter.ts';
import { createdAt, firstIdAt } from './image-id.ts';
import { originalKey } from './object-key.ts';

const CREATED = new Date('2026-11-20T12:00:00.000Z');
const justBefore = new Date(CREATED.getTime() - 1);
const justAfter = new Date(CREATED.getTime() + 1);

const pending = pendingImage(
  {
    id: firstIdAt(CREATED),
    userId: 'ada',
    filename: 'sea.jpg',
    tags: ['sea', 'sunset'],
    description: null,
    metadata: {},
    visibility: 'private',
    externalId: null,
    contentType: 'image/jpeg',
  },
  CREATED,
  { expiresAt: justAfter, claim: null, isDirect: false },
);
const ready = publish(
  pending,
  {
    contentType: 'image/jpeg',
    sizeBytes: 1,
    sha256: 'ab'.repeat(32),
    width: 1,
    height: 1,
    placeholder: '',
    dominantColor: null,
  },
  {
    objectKey: originalKey(pending, 'a1'),
    objectTag: null,
    maintainAt: null,
    filteredBy: [],
    facts: null,
    hasDetails: false,
    at: CREATED,
  },
);
const rejected = reject(pending, { code: 'empty-upload', detail: 'no bytes' }, CREATED);

const isListed = (fields: Partial<ReadyFilter> & Pick<ImageFilter, 'createdFrom' | 'createdBefore'>) =>
  matches(ready, { status: 'ready', tags: [], tagMode: 'all', ...fields });

describe('an image matches a filter', () => {
  it('by status; a deleted image matches none', () => {
    const images: readonly Image[] = [pending, ready, rejected, expire(pending, CREATED), tombstone(ready, CREATED)];
    const filters: readonly ImageFilter[] = [
      { status: 'pending' },
      { status: 'ready', tags: [], tagMode: 'all' },
      { status: 'rejected', userId: 'ada' },
      { status: 'expired', userId: 'ada' },
    ];
    const listed = filters.map((filter) =>
      images.filter((image) => matches(image, filter)).map(({ status }) => status),
    );
    assert.deepEqual(listed, [['pending'], ['ready'], ['rejected'], ['expired']]);
  });

  it('by owner, in every status', () => {
    assert.deepEqual([isListed({ userId: 'ada' }), isListed({ userId: 'Ada' })], [true, false]);
    assert.deepEqual(
      ['ada', 'bob'].map((userId) => matches(pending, { status: 'pending', userId })),
      [true, false],
    );
    assert.equal(matches(rejected, { status: 'rejected', userId: 'bob' }), false);
  });

  it('before it is ready, by all fields but its status', () => {
    const wouldBeListed = (fields: Partial<ReadyFilter>) =>
      wouldMatch(pending, { status: 'ready', tags: [], tagMode: 'all', ...fields });
    assert.ok(wouldBeListed({ userId: 'ada', tags: ['sea'], contentType: 'image/jpeg' }));
    for (const fields of [{ userId: 'bob' }, { tags: ['moon'] }, { contentType: 'image/png' }] as const) {
      assert.equal(wouldBeListed(fields), false);
    }
    assert.equal(wouldMatch(pending, { status: 'pending' }), false);
  });

  it('by creation time, from one date inclusive to the other exclusive', () => {
    assert.deepEqual([isListed({ createdFrom: CREATED }), isListed({ createdFrom: justAfter })], [true, false]);
    assert.deepEqual([isListed({ createdBefore: CREATED }), isListed({ createdBefore: justAfter })], [false, true]);
    assert.equal(isListed({ createdFrom: justBefore, createdBefore: justAfter }), true);
    assert.equal(matches(pending, { status: 'pending', createdFrom: justAfter }), false);
    assert.deepEqual(createdAt(ready.id), CREATED);
  });

  it('by verified type', () => {
    assert.deepEqual([isListed({ contentType: 'image/jpeg' }), isListed({ contentType: 'image/png' })], [true, false]);
  });

  it('by all or any of the given tags, case-sensitive; an empty list matches every image', () => {
    const asked = [[], ['sea'], ['sea', 'sunset', 'sea'], ['sea', 'moon'], ['Sea'], ['moon']];
    const listed = (tagMode: 'all' | 'any') => asked.map((tags) => isListed({ tags, tagMode }));
    assert.deepEqual(listed('all'), [true, true, true, false, false, false]);
    assert.deepEqual(listed('any'), [true, true, true, true, false, false]);
  });

  it('only if all given fields match', () => {
    const all = { userId: 'ada', tags: ['sea'], contentType: 'image/jpeg', createdFrom: CREATED } as const;
    assert.equal(isListed(all), true);
    assert.equal(isListed({ ...all, userId: 'bob' }), false);
    assert.equal(isListed({ ...all, tags: ['moon'] }), false);
    assert.equal(isListed({ ...all, contentType: 'image/png' }), false);
    assert.equal(isListed({ ...all, createdFrom: justAfter }), false);
  });
});
