import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FilterWalk } from '../../domain/metadata/filling.ts';
import { begunWalk } from '../../domain/metadata/filling.ts';
import type { Bookmark } from './coordination.ts';
import { writeFilterRequest, writeFilterWalk } from './filter-bookmarks.ts';
import { createFilterNames, NAMES_NOTICED_MS } from './filter-names.ts';

const REQUEST = { id: 'one', names: ['order', 'sku'], kept: ['order'], askedAt: new Date('2026-11-24T10:00:00Z') };

/** Bookmarks that count their reads, and may fail. */
function world() {
  const stored = new Map<Bookmark, string>();
  const reads: Bookmark[] = [];
  const state = { nowMs: 0, isAway: false };
  const coordination = {
    async bookmark(name: Bookmark) {
      reads.push(name);
      if (state.isAway) throw new Error('away');
      return stored.get(name);
    },
    async setBookmark(name: Bookmark, position: string) {
      stored.set(name, position);
    },
  };
  const names = createFilterNames({ coordination, clock: { elapsedMs: () => state.nowMs } });
  const walked = (walk: Partial<FilterWalk>) => writeFilterWalk(coordination, { ...begunWalk(REQUEST), ...walk });
  return { state, reads, coordination, names, walked };
}

describe('the names of metadata in force', () => {
  it('are none until a process asks for some', async () => {
    const { names } = world();
    assert.deepEqual(await names.written(), []);
    await assert.rejects(names.requireComplete(['order']), {
      code: 'unavailable',
      isExpected: true,
      retryAfterSeconds: 30,
      detail:
        "expected the same METADATA_FILTERS in every process; got metadata.order, which the last one to start doesn't have",
    });
  });

  it('are read once in five seconds, by all that wait together, and after a failure again', async () => {
    const { names, state, reads, coordination } = world();
    assert.deepEqual(await Promise.all([names.written(), names.written()]), [[], []]);
    await writeFilterRequest(coordination, REQUEST);
    state.nowMs = NAMES_NOTICED_MS - 1;
    assert.deepEqual(await names.written(), []);
    assert.equal(reads.length, 1);
    state.nowMs = NAMES_NOTICED_MS;
    assert.deepEqual(await names.written(), ['order', 'sku']);
    assert.equal(reads.length, 2);
    state.nowMs = 2 * NAMES_NOTICED_MS;
    state.isAway = true;
    await assert.rejects(names.written(), /away/);
    state.isAway = false;
    assert.deepEqual(await names.written(), ['order', 'sku']);
    names.outdate();
    await names.written();
    assert.equal(reads.length, 5);
  });

  it('are complete if they were kept, and once the walk of their request is done', async () => {
    const { names, reads, coordination, walked } = world();
    await writeFilterRequest(coordination, REQUEST);
    await names.requireComplete(['order']);
    assert.deepEqual(reads, ['filters-asked'], 'a kept name needs no other read');
    const refusal = {
      code: 'unavailable',
      isExpected: true,
      detail:
        'expected a filter with the rows of all images; got metadata.sku, whose rows are being written since 2026-11-24T10:00:00.000Z: try again later',
    };
    await assert.rejects(names.requireComplete(['order', 'sku']), refusal);
    await walked({ position: 'somewhere' });
    await assert.rejects(names.requireComplete(['sku']), refusal);
    await walked({ id: 'another', doneAt: new Date() });
    await assert.rejects(names.requireComplete(['sku']), refusal);
    await walked({ doneAt: new Date() });
    await names.requireComplete(['sku']);
    const before = reads.length;
    await names.requireComplete(['order', 'sku']);
    assert.equal(reads.length, before, 'what is done stays done');
  });
});
