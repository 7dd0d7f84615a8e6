import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { KEY_POSITIONS } from './access/api-key-text.ts';
import { issued } from './access/api-keys.fixture.ts';
import { createCursors, createSecretCursors } from './cursor.ts';
import { EVENT_POSITIONS } from './event/event-cursor.ts';
import type { ImageId } from './image/image-id.ts';
import { LIST_POSITIONS, type ListPosition } from './lists/list-position.ts';
import { soundParams } from './params-by-code.ts';

const cursors = createCursors([randomBytes(32)], LIST_POSITIONS);
const uuids = fc.uuid({ version: 7 });
const clocks = fc
  .integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') })
  .map((ms) => new Date(ms).toISOString().slice(0, -1));
/** By upload and by capture. */
const ids: fc.Arbitrary<ListPosition> = fc.oneof(
  uuids,
  fc.tuple(clocks, uuids).map(([clock, id]) => `${clock}#${id}`),
);
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
    const before = createCursors([old], LIST_POSITIONS).seal(id, 'x');
    assert.equal(createCursors([fresh, old], LIST_POSITIONS).open(before, 'x'), id);
    assert.throws(() => createCursors([fresh], LIST_POSITIONS).open(before, 'x'), invalid);
  });
});

describe('a secret cursor', () => {
  const place = (last: number) => ({
    log: '00112233445566ff',
    issuedAt: new Date('2026-01-31T12:00:00Z'),
    sequences: Array<number>(8).fill(last),
  });
  const opening = (...keys: [Buffer, ...Buffer[]]) => createSecretCursors(keys, EVENT_POSITIONS, randomBytes);
  const former = randomBytes(32);
  const events = opening(former);
  const sealed = events.seal(place(2 ** 33), 'x');

  it('opens for the same filters alone, unless a character is changed, and until its key is removed', () => {
    assert.deepEqual(events.open(sealed, 'x'), place(2 ** 33));
    assert.throws(() => events.open(sealed, 'y'), invalid);
    for (const at of Array(sealed.length).keys()) {
      const other = sealed[at] === 'A' ? 'B' : 'A';
      assert.throws(() => events.open(`${sealed.slice(0, at)}${other}${sealed.slice(at + 1)}`, 'x'), invalid);
    }
    for (const cut of [sealed.slice(1), sealed.slice(0, -1), `${sealed}A`, sealed.slice(0, 30), ''])
      assert.throws(() => events.open(cut, 'x'), invalid, cut);
    const fresh = randomBytes(32);
    assert.deepEqual(opening(fresh, former).open(sealed, 'x'), place(2 ** 33));
    assert.throws(() => opening(fresh).open(sealed, 'x'), invalid);
  });

  it('has nothing in common with another one, of the same place or of the next', () => {
    for (const next of [2 ** 33, 2 ** 33 + 1]) {
      const [one, other] = [sealed, events.seal(place(next), 'x')].map((cursor) => Buffer.from(cursor, 'base64url'));
      const shared = Array.from({ length: 70 }, (_, at) => one?.subarray(at, at + 8)).filter(
        (bytes) => bytes?.length === 8 && other?.includes(bytes),
      );
      assert.deepEqual(shared, []);
    }
  });

  it('fits into a problem, also of a log with most shards', () => {
    assert.deepEqual(soundParams('cursor-expired', { oldest_cursor: sealed }), { oldest_cursor: sealed });
    assert.equal(soundParams('cursor-expired', { oldest_cursor: 'x'.repeat(111) }), undefined);
  });
});
