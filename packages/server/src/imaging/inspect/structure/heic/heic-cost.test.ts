import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { heicBytes } from '../../../../../../../test/pictures/heic-bytes.ts';
import type { HeicImage } from '../../../../../../../test/pictures/heic-image.ts';
import { pictureOf, verdict } from './heic.fixture.ts';

const [WIDTH, HEIGHT] = [64, 48];
const PIXELS = WIDTH * HEIGHT;
const file = (options: Partial<HeicImage> = {}): Buffer => heicBytes(pictureOf(WIDTH, HEIGHT, options));

describe('what a HEIC may cost', () => {
  it('one HEVC picture has its pixels, and not one more', () => {
    assert.equal(verdict(file(), { maxHevcPixels: PIXELS }), 'sound');
    assert.match(
      verdict(file(), { maxHevcPixels: PIXELS - 1 }),
      /expected at most 3,071 pixels in one HEVC picture.*got 64 x 48/,
    );
  });

  for (const options of [{ bitDepth: 10 }, { chroma: '4:2:2' }, { chroma: '4:4:4' }] as const)
    it(`one of ${JSON.stringify(options)} has fewer`, () => {
      assert.equal(verdict(file(options), { maxHevcLargePixels: PIXELS }), 'sound');
      assert.match(verdict(file(options), { maxHevcLargePixels: PIXELS - 1 }), /more than 8 bits or 4:2:0/);
      assert.equal(verdict(file(), { maxHevcLargePixels: PIXELS - 1 }), 'sound');
    });

  it('tiles count one by one', () => {
    const tiles = file({ tile: { width: 32, height: 16 } });
    assert.equal(verdict(tiles, { maxHevcPixels: 32 * 16 }), 'sound');
    assert.match(verdict(tiles, { maxHevcPixels: 32 * 16 - 1 }), /in one HEVC picture/);
  });

  for (const derivation of ['iden', 'iovl'] as const)
    it(`an ${derivation} item is decoded as a whole`, () => {
      assert.equal(verdict(file({ derivation }), { maxHevcLargePixels: PIXELS }), 'sound');
      assert.match(verdict(file({ derivation }), { maxHevcLargePixels: PIXELS - 1 }), /overlay or iden item/);
    });

  it('all pictures together take some seconds, estimated by pixels and bytes', () => {
    const seconds = PIXELS * 90e-9;
    assert.equal(verdict(file(), { maxHeicSeconds: 3 * seconds }), 'sound');
    assert.match(verdict(file(), { maxHeicSeconds: 0.9 * seconds }), /take at most .* s to decode/);
    const tiles = file({ tile: { width: 32, height: 16 } });
    assert.match(verdict(tiles, { maxHeicSeconds: 0.9 * seconds }), /to decode/);
    const alpha = file({ alphaUrn: 'urn:mpeg:hevc:2015:auxid:1' });
    assert.match(verdict(alpha, { maxHeicSeconds: 1.4 * seconds }), /to decode/);
  });
});
