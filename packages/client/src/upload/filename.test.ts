import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptableName } from './filename.ts';

describe('the name of a file', () => {
  for (const name of ['写真.jpg', 'صورة.png', 'Ёлка é e\u0301.jpg', '🏞️ 家族 👩‍👩‍👧.webp', ' ..a b.jpg'])
    it(`stays in any script: ${name}`, () => assert.equal(acceptableName(name), name));

  it('loses control characters, also those of text direction', () => {
    assert.equal(acceptableName('a\u202egpj.exe\u0000\n.jpg'), 'agpj.exe.jpg');
  });

  it('has no half characters', () => assert.equal(acceptableName('a\ud800.jpg'), 'a\ufffd.jpg'));

  it('is cut to 255 characters before its extension', () => {
    assert.equal(acceptableName(`${'🏞'.repeat(300)}.jpeg`), `${'🏞'.repeat(250)}.jpeg`);
    assert.equal(acceptableName('x'.repeat(300)), 'x'.repeat(255));
  });

  it('is none if nothing is left', () => assert.equal(acceptableName('\u202e'), undefined));
});
