import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { createdAt, firstIdAt, type ImageId, parseImageId } from './image-id.ts';

const LAST_MILLISECOND = 2 ** 48 - 1;

const millisecond = fc.integer({ min: 0, max: LAST_MILLISECOND });
const random = fc.uint8Array({ minLength: 16, maxLength: 16 });

const idAt = (msecs: number, bytes: Uint8Array): ImageId => {
  const id = parseImageId(v7({ msecs, random: bytes }));
  assert.ok(id);
  return id;
};

describe('an image id', () => {
  it('contains its creation time in milliseconds', () => {
    fc.assert(
      fc.property(millisecond, random, (msecs, bytes) => {
        assert.equal(createdAt(idAt(msecs, bytes)).getTime(), msecs);
      }),
    );
  });

  it('sorts by creation time, as text', () => {
    fc.assert(
      fc.property(millisecond, millisecond, random, random, (one, other, oneBytes, otherBytes) => {
        fc.pre(one !== other);
        assert.equal(idAt(one, oneBytes) < idAt(other, otherBytes), one < other);
      }),
    );
  });

  it('is parsed in either case and stored in lower case', () => {
    assert.equal(parseImageId('0198F0A0-ABCD-7000-8000-00000000000F'), '0198f0a0-abcd-7000-8000-00000000000f');
  });

  const id = '0198f0a0-abcd-7000-8000-00000000000f';
  const others: Record<string, string> = {
    'empty text': '',
    'a word': 'uploads',
    'an id without dashes': id.replaceAll('-', ''),
    'an id in braces': `{${id}}`,
    'a URN': `urn:uuid:${id}`,
    'an id with a digit too few': id.slice(0, -1),
    'an id with a digit too many': `${id}0`,
    'an id with a letter that is not a hex digit': `${id.slice(0, -1)}g`,
    'an id with a full-width digit': `${id.slice(0, -1)}\uff11`,
    'an id before a line feed': `${id}\n`,
    'an id after a space': ` ${id}`,
    'two ids': `${id}\n${id}`,
  };
  for (const [what, text] of Object.entries(others)) {
    it(`is not parsed from ${what}`, () => assert.equal(parseImageId(text), undefined));
  }
});

describe('the first id of a millisecond', () => {
  it('contains that millisecond', () => {
    fc.assert(
      fc.property(millisecond, (msecs) => {
        assert.equal(createdAt(firstIdAt(new Date(msecs))).getTime(), msecs);
      }),
    );
  });

  it('sorts before every other id of that millisecond, and after every earlier id', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: LAST_MILLISECOND }), random, random, (msecs, bytes, before) => {
        const first = firstIdAt(new Date(msecs));
        assert.ok(first <= idAt(msecs, bytes));
        assert.equal(first, idAt(msecs, new Uint8Array(16)));
        assert.ok(first > idAt(msecs - 1, before));
      }),
    );
  });

  it('is a valid id', () => {
    for (const msecs of [0, 1, Date.UTC(2026, 10, 20), LAST_MILLISECOND]) {
      const first = firstIdAt(new Date(msecs));
      assert.equal(parseImageId(first), first);
    }
  });

  it('is clamped to the range of ids for times before 1970 and after 10889', () => {
    assert.equal(firstIdAt(new Date('0001-01-01')), firstIdAt(new Date(0)));
    assert.equal(firstIdAt(new Date(8.64e15)), firstIdAt(new Date(LAST_MILLISECOND)));
  });
});
