import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { distinctName, fileNameFor } from './file-name.ts';

const ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const nameOf = (filename: string, type = 'image/jpeg'): string =>
  fileNameFor({ filename, image_id: ID, content_type: type });

describe('the name of a downloaded file', () => {
  it("is the image's own, with the extension of its type", () => {
    for (const name of ['beach.jpg', 'beach.JPEG', 'صورة 写真.jpg']) assert.equal(nameOf(name), name);
    assert.equal(nameOf('invoice.html'), 'invoice.jpg');
    assert.equal(nameOf('a.b.c', 'image/png'), 'a.b.png');
  });

  it('is no path, hidden file, device or control sequence', () => {
    assert.equal(nameOf('../../etc/passwd'), '_.._etc_passwd.jpg');
    assert.equal(nameOf('C:\\x.jpg'), 'C__x.jpg');
    assert.equal(nameOf('.bashrc'), 'bashrc.jpg');
    assert.equal(nameOf('CON.jpg'), `${ID}.jpg`);
    assert.equal(nameOf('...'), `${ID}.jpg`);
    assert.equal(nameOf('a\u001b[2J.jpg'), 'a[2J.jpg');
  });

  it('has an extension of the table, whatever the type is called', () => {
    assert.deepEqual([nameOf('a.HEIC', 'image/heic'), nameOf('a.exe', 'image/heic')], ['a.HEIC', 'a.heic']);
    for (const type of ['constructor', '__proto__', 'toString', 'image/exe']) {
      assert.equal(nameOf('a.jpg', type), 'a.bin');
      assert.equal(nameOf('...', type), `${ID}.bin`);
    }
  });

  it('is no longer than file systems allow, in bytes', () => {
    assert.ok(Buffer.byteLength(nameOf(`${'写'.repeat(255)}.jpg`)) < 220);
  });

  it('tells images of one name apart by the end of the id', () => {
    assert.equal(distinctName('beach.jpg', ID), 'beach-a42038d1.jpg');
  });
});
