import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedType, FORMAT_NAMES, IMAGE_FORMATS, isImageType, MEDIA_TYPES, typeByExtension } from './media-type.ts';
import { adviceFor } from './other-formats.ts';

describe('the accepted type', () => {
  const declared: readonly (readonly [string, string | undefined])[] = [
    ...MEDIA_TYPES.map((type) => [type, type] as const),
    ['image/jpg', 'image/jpeg'],
    ['IMAGE/JPG', 'image/jpeg'],
    ['Image/PNG', 'image/png'],
    ['image/png; charset=binary', 'image/png'],
    [' image/webp ;q=1', 'image/webp'],
    ['image/heif', 'image/heic'],
    ['image/tif', 'image/tiff'],
    ['image/x-adobe-dng', undefined],
    ['image/svg+xml', undefined],
    ['image/x-png', undefined],
    ['image/pngs', undefined],
    ['image/*', undefined],
    ['text/html; image/png', undefined],
    ['toString', undefined],
    ['', undefined],
    [';image/png', undefined],
  ];
  for (const [given, type] of declared) {
    it(`for a declared ${JSON.stringify(given)} is ${type ?? 'none'}`, () => assert.equal(acceptedType(given), type));
  }
});

describe('a declared type', () => {
  for (const given of ['image/png', 'IMAGE/PNG', 'image/tiff', ' image/svg+xml; charset=utf-8']) {
    it(`is an image type: ${JSON.stringify(given)}`, () => assert.equal(isImageType(given), true));
  }
  for (const given of ['', 'image', 'text/plain', 'text/plain; image/png', 'multipart/form-data', 'x-image/png']) {
    it(`is not an image type: ${JSON.stringify(given)}`, () => assert.equal(isImageType(given), false));
  }
});

describe('the table of formats', () => {
  it('has each extension and each alias once, as they are compared', () => {
    const rows = Object.values(IMAGE_FORMATS);
    for (const all of [
      rows.flatMap(({ extensions }) => [...extensions]),
      rows.flatMap(({ aliases }) => [...aliases]),
    ]) {
      assert.equal(new Set(all).size, all.length, all.join());
      for (const one of all) assert.match(one, /^[a-z0-9/-]+$/);
    }
    for (const { aliases } of rows) for (const alias of aliases) assert.ok(!Object.hasOwn(IMAGE_FORMATS, alias), alias);
  });

  it('has the type of every extension of a file name, whatever its case', () => {
    for (const type of MEDIA_TYPES)
      for (const extension of IMAGE_FORMATS[type].extensions) {
        assert.equal(typeByExtension(`a.b.${extension}`), type);
        assert.equal(typeByExtension(`A.${extension.toUpperCase()}`), type);
      }
    for (const name of ['jpg', 'a.jpg.zip', 'a.dng', '']) assert.equal(typeByExtension(name), undefined, name);
  });

  it('names the formats as people do', () => assert.equal(FORMAT_NAMES, 'JPEG, PNG, WebP, GIF, AVIF, HEIC or TIFF'));

  it('has no format that the service advises against', () => {
    for (const type of MEDIA_TYPES) assert.equal(adviceFor(type), undefined, type);
  });
});
