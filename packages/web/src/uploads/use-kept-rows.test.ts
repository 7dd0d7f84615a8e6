import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UploadItem } from '@safelight/client';
import { type KeptRow, MOST_ROWS, rowsAfter } from './use-kept-rows.ts';

const item = (number: number): UploadItem => ({
  id: `${number}`,
  name: `${number}.jpg`,
  size: 1,
  progress: 0,
  state: 'waiting',
  image: undefined,
  error: undefined,
});
const items = (from: number, to: number): UploadItem[] =>
  Array.from({ length: to - from }, (_, index) => item(from + index));
const idsOf = (rows: readonly KeptRow[]): readonly string[] => rows.map((row) => row.item.id);
const stays = (): boolean => false;

describe("the rows of the tray's list", () => {
  it('keep their places, whichever is uploaded first', () => {
    const before = rowsAfter([], items(0, 4), stays);
    const after = rowsAfter(before, [item(0), item(3)], stays);
    assert.deepEqual(idsOf(after), ['0', '1', '2', '3']);
    assert.deepEqual(
      after.map(({ isUploaded }) => isUploaded),
      [false, true, true, false],
    );
    assert.deepEqual(idsOf(rowsAfter(after, [], stays)), ['0', '1', '2', '3']);
  });

  it('give the place of an uploaded one to the next that had none', () => {
    const before = rowsAfter([], items(0, MOST_ROWS + 2), stays);
    assert.deepEqual([before.length, before.at(-1)?.item.id], [MOST_ROWS, `${MOST_ROWS - 1}`]);
    const after = rowsAfter(before, [item(0), ...items(2, MOST_ROWS + 2)], stays);
    assert.deepEqual(idsOf(after).slice(0, 3), ['0', `${MOST_ROWS}`, '2']);
    assert.equal(after.length, MOST_ROWS);
  });

  it('go when they are canceled or have failed, and with the next run', () => {
    const before = rowsAfter([], items(0, 3), stays);
    assert.deepEqual(idsOf(rowsAfter(before, [item(0), item(2)], (id) => id === '1')), ['0', '2']);
    assert.deepEqual(idsOf(rowsAfter(rowsAfter(before, [], stays), items(7, 9), stays)), ['7', '8']);
  });
});
