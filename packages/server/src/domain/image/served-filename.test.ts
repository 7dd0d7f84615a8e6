import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaType } from './media-type.ts';
import { servedFilename } from './served-filename.ts';

describe('the served filename', () => {
  const names: readonly (readonly [string, MediaType, string])[] = [
    ['sunset.jpg', 'image/jpeg', 'sunset.jpg'],
    ['sunset.JPEG', 'image/jpeg', 'sunset.JPEG'],
    ['été 1.webp', 'image/webp', 'été 1.webp'],
    ['invoice.html', 'image/jpeg', 'invoice.jpg'],
    ['invoice.HTML', 'image/png', 'invoice.png'],
    ['setup.jpg.exe', 'image/jpeg', 'setup.jpg.jpg'],
    ['photo.png', 'image/webp', 'photo.webp'],
    ['invoice.html.', 'image/gif', 'invoice.gif'],
    ['invoice.html . .', 'image/gif', 'invoice.gif'],
    ['report.2024', 'image/png', 'report.2024.png'],
    ['plain', 'image/avif', 'plain.avif'],
    ['.html', 'image/jpeg', 'image.jpg'],
    ['...', 'image/jpeg', 'image.jpg'],
    ['photo\u202egpj.exe', 'image/jpeg', 'photogpj.jpg'],
  ];
  for (const [filename, type, served] of names) {
    it(`is ${served} for ${JSON.stringify(filename)} of ${type}`, () => {
      assert.equal(servedFilename(filename, type), served);
      assert.equal(servedFilename(served, type), served);
    });
  }
});
