import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { foundIn, isPictureOfFolder, MAX_FILES } from './found-files.ts';
import { named } from './pasted-files.ts';

const fileOf = (name: string, folder = ''): File =>
  Object.assign(new File(['x'], name), { webkitRelativePath: folder && `${folder}/${name}` });

describe('files', () => {
  it('of a folder are pictures by their name; others are skipped', () => {
    for (const name of ['a.jpg', 'a.JPEG', 'b.HEIC', 'c.dng', 'd.svg'])
      assert.ok(isPictureOfFolder({ name, type: '' }), name);
    for (const name of ['.DS_Store', '._a.jpg', 'Thumbs.db', 'notes.txt', 'jpg', 'a.jpg.zip'])
      assert.ok(!isPictureOfFolder({ name, type: '' }), name);
    const found = foundIn([fileOf('a.jpg', 'trip'), fileOf('notes.txt', 'trip')]);
    assert.deepEqual([found.files.map(({ name }) => name), found.others], [['a.jpg'], 1]);
  });

  it('that were chosen one by one are all meant', () => {
    assert.equal(foundIn([fileOf('notes.txt')]).files.length, 1);
  });

  it('are at most ten thousand at once', () => {
    const one = fileOf('a.jpg');
    const most = foundIn(Array<File>(MAX_FILES).fill(one));
    assert.deepEqual([most.files.length, most.isCut], [10_000, false]);
    const more = foundIn(Array<File>(MAX_FILES + 1).fill(one));
    assert.deepEqual([more.files.length, more.isCut], [10_000, true]);
  });

  it('of the clipboard have the date as their name, unless they have their own', () => {
    const now = new Date(2026, 10, 3, 9, 5, 7);
    assert.equal(named(fileOf('image.png'), now).name, 'Pasted 2026-11-03 at 09.05.07.png');
    assert.equal(named(fileOf('beach.png'), now).name, 'beach.png');
  });
});
