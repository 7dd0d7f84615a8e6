import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleView } from '../../domain/access/view-tokens.fixture.ts';
import { LAST_CLOCK } from '../../domain/facts/wall-clock.ts';
import type { FindQuery } from '../../records/images/image-repository.ts';
import { listWithin } from './list-within.ts';

const RANGE = { order: 'newest', limit: 10 } as const;
const READY: FindQuery = { ...RANGE, status: 'ready', tags: [], tagMode: 'all' };
const refused = (pointer: string) => (error: { errors?: readonly { pointer: string }[] }) => {
  assert.deepEqual(
    error.errors?.map((one) => one.pointer),
    [pointer],
  );
  return true;
};

describe('the list of a view token', () => {
  it('is of its user, and has its tags besides those that are asked for', () => {
    assert.deepEqual(listWithin(sampleView(), READY), { ...READY, userId: 'ada' });
    const token = sampleView({ onlyTags: ['sea', 'sun'] });
    const asked: FindQuery = { ...READY, userId: 'bob', tags: ['sun', 'x'], contentType: 'image/png' };
    assert.deepEqual(listWithin(token, asked), { ...asked, userId: 'ada', tags: ['sea', 'sun', 'x'] });
  });

  it('is of ready images only', () => {
    for (const status of ['pending', 'held', 'rejected', 'expired', 'trashed'] as const)
      assert.throws(() => listWithin(sampleView(), { ...RANGE, status, userId: 'ada' }), refused('?status'));
  });

  it('has no filter by metadata unless the token shows metadata', () => {
    const asked: FindQuery = { ...READY, metadata: [{ name: 'order', value: 'A17' }] };
    assert.throws(() => listWithin(sampleView({ showsMetadata: false }), asked), refused('?metadata.order'));
    assert.deepEqual(listWithin(sampleView({ showsMetadata: true }), asked), { ...asked, userId: 'ada' });
  });

  it('has no order and no bounds by capture unless the token shows metadata', () => {
    const words: FindQuery = {
      ...RANGE,
      status: 'ready',
      userId: 'ada',
      words: ['x'],
      searchesFacts: true,
      tags: [],
      tagMode: 'all',
    };
    for (const [pointer, asked] of [
      ['?order', { ...READY, order: 'taken-oldest' }],
      ['?taken_from', { ...words, takenFrom: LAST_CLOCK }],
      ['?taken_to', { ...words, takenBefore: LAST_CLOCK }],
    ] as const) {
      assert.throws(() => listWithin(sampleView({ showsMetadata: false }), asked), refused(pointer));
      const within = { ...asked, userId: 'ada', ...('words' in asked && { searchesFacts: false }) };
      assert.deepEqual(listWithin(sampleView({ showsMetadata: true }), asked), within);
    }
  });

  it('has no words and not any of several tags if the token has tags, also without a tag', () => {
    const words: FindQuery = {
      ...RANGE,
      status: 'ready',
      userId: 'ada',
      words: ['x'],
      searchesFacts: true,
      tags: [],
      tagMode: 'all',
    };
    const any: FindQuery = { ...READY, tagMode: 'any' };
    for (const showsMetadata of [false, true])
      assert.deepEqual(listWithin(sampleView({ showsMetadata }), words), { ...words, searchesFacts: false });
    assert.deepEqual(listWithin(sampleView(), any), { ...any, userId: 'ada' });
    const token = sampleView({ onlyTags: ['sea'] });
    assert.throws(() => listWithin(token, words), refused('?q'));
    assert.throws(() => listWithin(token, any), refused('?tag_mode'));
    assert.throws(() => listWithin(token, { ...any, tags: ['sea'] }), refused('?tag_mode'));
  });

  it('has at most twenty tags, those of the token included', () => {
    const tags = Array.from({ length: 19 }, (_, n) => `t${n}`);
    const token = sampleView({ onlyTags: ['sea', 't3'] });
    assert.ok(listWithin(token, { ...READY, tags }));
    assert.throws(() => listWithin(token, { ...READY, tags: [...tags, 't19'] }), refused('?tag'));
  });
});
