import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createEntryNames } from './entry-names.ts';

it('names files of a folder: none twice, none a path, each with the extension of its type', () => {
  const nameOf = createEntryNames();
  const names = [
    ['a.jpg', 'image/jpeg'],
    ['A.JPG', 'image/jpeg'],
    ['a.jpg', 'image/webp'],
    ['a.jpg', 'image/jpeg'],
    ['a (2).jpg', 'image/jpeg'],
    ['../../etc/passwd', 'image/png'],
    ['.hidden', 'image/png'],
    ['photo', 'image/heic'],
    ['IMG_1.HEIF', 'image/heic'],
    ['c:\\x\u0000.jpeg', 'image/jpeg'],
    ['...', 'image/gif'],
    ['Zoë.tif', 'image/tiff'],
    ['Zoe\u0308.tif', 'image/tiff'],
    ['errors.txt', 'text/plain'],
    ['x.jpg', '__proto__'],
    ['CON.jpg', 'image/jpeg'],
    ['console.jpg', 'image/jpeg'],
  ] as const;
  assert.deepEqual(
    names.map(([name, type]) => nameOf(name, type)),
    [
      'a.jpg',
      'A (2).JPG',
      'a.webp',
      'a (3).jpg',
      'a (2) (2).jpg',
      '_.._etc_passwd.png',
      'hidden.png',
      'photo.heic',
      'IMG_1.HEIF',
      'c__x_.jpeg',
      'picture.gif',
      'Zoë.tif',
      'Zoe\u0308 (2).tif',
      'errors.txt',
      'x.jpg',
      '_CON.jpg',
      'console.jpg',
    ],
  );
  const long = nameOf(`${'é'.repeat(300)}.jpg`, 'image/jpeg');
  assert.equal([...long].length, 124);
});
