import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { hasUnseen, markSeen } from './seen-albums.ts';

const kept = new Map<string, string>();
let isFull = false;
Object.defineProperty(globalThis, 'localStorage', {
  value: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem(key: string, value: string) {
      if (isFull) throw new Error('expected room');
      kept.set(key, value);
    },
  },
});

beforeEach(() => {
  kept.clear();
  isFull = false;
});

const albumOf = (number: number, time = '2026-11-30T12:00:00.000Z') => ({
  album_id: `album ${number}`,
  contributed_at: time,
});

it('an album is new while a guest has added something since it was shown', () => {
  assert.equal(hasUnseen({ album_id: 'quiet', contributed_at: null }), false);
  assert.equal(hasUnseen(albumOf(1)), true);
  markSeen(albumOf(1));
  assert.equal(hasUnseen(albumOf(1)), false);
  assert.equal(hasUnseen(albumOf(2)), true);
  assert.equal(hasUnseen(albumOf(1, '2026-11-30T12:00:01.000Z')), true);
});

it('two hundred albums are remembered, those that were shown last', () => {
  for (let number = 1; number <= 200; number += 1) markSeen(albumOf(number));
  markSeen(albumOf(1));
  markSeen(albumOf(201));
  assert.deepEqual(
    [1, 2, 3, 201].map((number) => hasUnseen(albumOf(number))),
    [false, true, false, false],
  );
});

it('whatever is kept, and without room, an album is new or not', () => {
  for (const text of ['', '{', '{}', 'null', '[1, ["album 1", 2], ["album 1"]]']) {
    kept.set('safelight-albums-seen', text);
    assert.equal(hasUnseen(albumOf(1)), true, text);
  }
  isFull = true;
  markSeen(albumOf(1));
  assert.equal(hasUnseen(albumOf(1)), true);
});
