import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createdAt, parseImageId } from '../image/image-id.ts';
import { importedId } from './imported-id.ts';

const KEY = 'ab'.repeat(32);
const FROM = {
  source: 'folder:/photos',
  path: 'a/b.jpg',
  userId: 'ada',
  at: new Date('2011-02-03T04:05:06.789Z'),
  attempt: 0,
};

describe('the id of an imported image', () => {
  it('is a UUIDv7 of its time, also at the ends of what times there are', () => {
    for (const at of [new Date(0), FROM.at, new Date(2 ** 48 - 1)]) {
      const id = importedId(KEY, { ...FROM, at });
      assert.equal(parseImageId(id), id);
      assert.match(id, /^.{14}7.{4}[89ab]/);
      assert.deepEqual(createdAt(id), at);
    }
  });

  it('is the same for the same image of the same service, and another one for each else', () => {
    const ids = [
      importedId(KEY, FROM),
      importedId('cd'.repeat(32), FROM),
      importedId(KEY, { ...FROM, source: 'folder:/photos/a', path: 'b.jpg' }),
      importedId(KEY, { ...FROM, path: 'a/c.jpg' }),
      importedId(KEY, { ...FROM, userId: 'bob' }),
      importedId(KEY, { ...FROM, attempt: 1 }),
    ];
    assert.equal(new Set(ids).size, ids.length);
    assert.equal(importedId(KEY, { ...FROM }), ids[0]);
  });
});
