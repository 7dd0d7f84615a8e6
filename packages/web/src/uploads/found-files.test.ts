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

  it('of a folder are in order of their names, and those of the folders in it come after them', () => {
    const paths = ['trip/b/1.jpg', 'trip/p 10.jpg', 'trip/a/2.jpg', 'trip/a/c/1.jpg', 'trip/p 9.jpg', 'trip/a/1.jpg'];
    const { files } = foundIn(
      paths.map((path) => fileOf(path.slice(path.lastIndexOf('/') + 1), path.slice(0, path.lastIndexOf('/')))),
    );
    assert.deepEqual(
      files.map(({ webkitRelativePath }) => webkitRelativePath),
      ['trip/p 9.jpg', 'trip/p 10.jpg', 'trip/a/1.jpg', 'trip/a/2.jpg', 'trip/a/c/1.jpg', 'trip/b/1.jpg'],
    );
    const chosen = ['z.jpg', 'a.jpg'].map((name) => fileOf(name));
    assert.deepEqual(foundIn(chosen).files, chosen);
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
