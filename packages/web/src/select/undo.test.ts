import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Member, Sorted } from '../library/library.ts';
import { changedPicture } from './changed-picture.ts';
import type { Done } from './in-batches.ts';
import type { Result } from './steps.ts';
import { undoOf } from './undo.ts';

const done = (id: string, result: Omit<Result, 'image_id'>): Done => ({
  member: { image_id: id, at: id, revision: 1 } as Member,
  result: { image_id: id, revision: 5, ...result },
});
/** Each step without what is the same in all. */
const told = (steps: ReturnType<typeof undoOf>) =>
  steps.map((step) => [
    step.kind === 'change' && step.edit,
    step.kind === 'change' && step.at,
    step.members.map(({ image_id, revision }) => `${image_id}@${revision}`).join(' '),
  ]);

describe('undo', () => {
  it('takes a tag only from pictures that gained it, and gives it back only to those that lost it', () => {
    const added = [
      done('a', { added_tags: ['sea'] }),
      done('b', {}),
      done('c', { added_tags: ['sea', 'sky'] }),
      done('d', { added_tags: ['sea'] }),
    ];
    assert.deepEqual(told(undoOf(added, { add_tags: ['sea', 'sky'] })), [
      [{ remove_tags: ['sea'] }, 'any', 'a@5 d@5'],
      [{ remove_tags: ['sea', 'sky'] }, 'any', 'c@5'],
    ]);
    const removed = [done('a', { removed_tags: ['sea'] }), done('b', {})];
    assert.deepEqual(told(undoOf(removed, { remove_tags: ['sea'] })), [[{ add_tags: ['sea'] }, 'any', 'a@5']]);
  });

  it('moves dates back, and sets each former one, where nobody has changed the picture since', () => {
    const shifted = [
      done('a', { former_taken_at: '2024-07-14T10:00:00.000' }),
      done('b', { former_taken_at: '2024-07-15T10:00:00.000' }),
    ];
    assert.deepEqual(told(undoOf(shifted, { shift_taken_seconds: 3_600 })), [
      [{ shift_taken_seconds: -3_600 }, 'known', 'a@5 b@5'],
    ]);
    const set = [...shifted, done('c', { former_taken_at: null }), done('d', {})];
    assert.deepEqual(told(undoOf(set, { taken_at: '2020-01-01T00:00' })), [
      [{ taken_at: '2024-07-14T10:00:00.000' }, 'known', 'a@5'],
      [{ taken_at: '2024-07-15T10:00:00.000' }, 'known', 'b@5'],
      [{ taken_at: null }, 'known', 'c@5'],
    ]);
  });

  it('has nothing for a visibility', () => {
    assert.deepEqual(
      undoOf([done('a', { former_visibility: 'public', ended_links: 3 })], { visibility: 'private' }),
      [],
    );
  });
});

describe('a changed picture', () => {
  const picture = {
    image_id: 'a',
    at: 'a',
    tags: ['sea', 'sky'],
    revision: 1,
    visibility: 'public',
  } as unknown as Sorted;
  const dated: Sorted = { ...picture, facts: { taken_at: '2024-12-31T23:30:00.000' } };

  it('has the tags, the date and the revision that the result says', () => {
    const result = { image_id: 'a', revision: 2 };
    const tagged = changedPicture(picture, { add_tags: ['sun', 'sea'] }, { ...result, added_tags: ['sun'] });
    assert.deepEqual([tagged.tags, tagged.revision], [['sea', 'sky', 'sun'], 2]);
    assert.deepEqual(changedPicture(picture, {}, { ...result, removed_tags: ['sky'] }).tags, ['sea']);
    assert.equal(changedPicture(picture, { visibility: 'private' }, result).visibility, 'private');
    const former = { ...result, former_taken_at: '2024-12-31T23:30:00.000' };
    assert.equal(
      changedPicture(dated, { shift_taken_seconds: 3_600 }, former).facts?.taken_at,
      '2025-01-01T00:30:00.000',
    );
    assert.equal(
      changedPicture(dated, { taken_at: '2020-01-01T00:00' }, former).facts?.taken_at,
      '2020-01-01T00:00:00.000',
    );
    assert.equal(changedPicture(dated, { taken_at: null }, former).facts?.taken_at, null);
    assert.equal(changedPicture(dated, { add_tags: ['x'] }, result).facts?.taken_at, '2024-12-31T23:30:00.000');
  });
});
