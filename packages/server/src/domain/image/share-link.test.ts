import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type LinkId, liveLinks, newLinkId, parseLinkId, type ShareLink } from './share-link.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');

describe('the id of a link', () => {
  it('is 128 random bits in 22 characters that a path may contain', () => {
    const sizes: number[] = [];
    const ids = Array.from({ length: 100 }, () =>
      newLinkId((size) => {
        sizes.push(size);
        return randomBytes(size);
      }),
    );
    assert.deepEqual(new Set(sizes), new Set([16]));
    assert.equal(new Set(ids).size, 100);
    for (const id of ids) {
      assert.match(id, /^[\w-]{22}$/);
      assert.equal(parseLinkId(id), id);
    }
  });

  it('is parsed whole, or not at all', () => {
    const id = newLinkId(randomBytes);
    for (const text of ['', id.slice(1), `${id}0`, `${id}\n`, ` ${id}`, id.replace(/^./, '/'), id.replace(/^./, 'é')])
      assert.equal(parseLinkId(text), undefined, text);
    assert.equal(parseLinkId('A'.repeat(100_000)), undefined);
  });
});

describe('the live links of an image', () => {
  const endingAt = (ms: number): ShareLink => ({
    id: String(ms) as LinkId,
    preset: null,
    createdAt: new Date(0),
    expiresAt: new Date(NOW.getTime() + ms),
  });

  it('are those that have not expired, in their order', () => {
    const [past, ending, next, last] = [endingAt(-1), endingAt(0), endingAt(1), endingAt(60_000)];
    assert.deepEqual(liveLinks([last, past, next, ending], NOW), [last, next]);
    assert.deepEqual(liveLinks([], NOW), []);
  });
});
