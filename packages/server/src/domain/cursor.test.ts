import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KEY_POSITIONS } from './access/api-key-text.ts';
import { issued } from './access/api-keys.fixture.ts';
import { createCursors } from './cursor.ts';
import { IMAGE_POSITIONS, type ImageId } from './image/image-id.ts';

const cursors = createCursors([randomBytes(32)], IMAGE_POSITIONS);
const ids = fc.uuid({ version: 7 }).map((id) => id as ImageId);
const invalid = { code: 'invalid-cursor' };

describe('a cursor', () => {
  it('opens to the position it was sealed with, for the same filters', () => {
    fc.assert(
      fc.property(ids, fc.string(), (id, filters) => {
        assert.equal(cursors.open(cursors.seal(id, filters), filters), id);
      }),
    );
  });

  it('does not open for other filters', () => {
    fc.assert(
      fc.property(ids, fc.string(), fc.string(), (id, filters, others) => {
        fc.pre(filters !== others);
        assert.throws(() => cursors.open(cursors.seal(id, filters), others), invalid);
      }),
    );
  });

  it('does not open if any character is changed, added or removed', () => {
    fc.assert(
      fc.property(ids, fc.nat(42), fc.constantFrom(...'Aa0-_=% é'), (id, at, other) => {
        const cursor = cursors.seal(id, '');
        const cut = cursor.slice(0, at) + cursor.slice(at + 1);
        const added = `${cursor.slice(0, at)}${other}${cursor.slice(at)}`;
        const changed = `${cursor.slice(0, at)}${other}${cursor.slice(at + 1)}`;
        for (const broken of [cut, added, changed]) {
          if (broken !== cursor) assert.throws(() => cursors.open(broken, ''), invalid, broken);
        }
      }),
    );
  });

  for (const text of ['', 'a', '!', 'A'.repeat(43), 'A'.repeat(10_000), 'null', '\0']) {
    it(`does not open if it is ${JSON.stringify(text.slice(0, 50))}`, () => {
      assert.throws(() => cursors.open(text, ''), invalid);
    });
  }

  it('of a list of keys opens to the id of a key', () => {
    const ofKeys = createCursors([randomBytes(32)], KEY_POSITIONS);
    const { id } = issued();
    assert.equal(ofKeys.open(ofKeys.seal(id, 'x'), 'x'), id);
    assert.throws(() => ofKeys.open(ofKeys.seal(id, 'x'), 'y'), invalid);
  });

  it('still opens after its key is rotated, but not after it is removed', () => {
    const [old, fresh] = [randomBytes(32), randomBytes(32)];
    const id = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
    const before = createCursors([old], IMAGE_POSITIONS).seal(id, 'x');
    assert.equal(createCursors([fresh, old], IMAGE_POSITIONS).open(before, 'x'), id);
    assert.throws(() => createCursors([fresh], IMAGE_POSITIONS).open(before, 'x'), invalid);
  });
});
