import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { FocalPoint } from '../image/focal-point.ts';
import type { ImageId } from '../image/image-id.ts';
import { parsePresets } from './presets.ts';
import { renditionVersion } from './rendition-version.ts';

const versions = (text: string, encoder = 'e1', focalPoint: FocalPoint | null = null): string[] =>
  [...parsePresets(text).values()].map((transform) =>
    renditionVersion(transform, { encoder, focalPoint, markId: null }),
  );

it('the version of a preset changes if and only if its pictures change', () => {
  const [one] = versions('a:w=10');
  assert.match(one ?? '', /^[0-9a-f]{10}$/);
  assert.deepEqual(versions('renamed:w=10&fit=inside'), [one]);
  assert.notDeepEqual(versions('a:w=11'), [one]);
  assert.notDeepEqual(versions('a:w=10', 'e2'), [one]);
});

it("a preset's version is another with another focal point if it crops around it, and only then", () => {
  const points = [null, { x: 0.1, y: 0.2 }, { x: 0.2, y: 0.1 }];
  const ofEach = (text: string) => points.map((point) => versions(text, 'e1', point)[0]);
  assert.equal(new Set(ofEach('a:w=10&h=10&fit=cover&position=focal')).size, points.length);
  assert.equal(new Set(ofEach('a:w=10&h=10&fit=cover')).size, 1);
});

it('the version of a preset without a watermark is what it was before there were watermarks', () => {
  assert.deepEqual(versions('a:w=10&h=10&fit=cover&position=focal', 'e1', { x: 0.1, y: 0.2 }), ['b32c45e0fe']);
});

it("a preset's version is another with another image as its watermark", () => {
  const [transform] = parsePresets('a:w=10&watermark=logo').values();
  assert.ok(transform);
  const ids = ['one', 'two'] as ImageId[];
  const all = ids.map((markId) => renditionVersion(transform, { encoder: 'e1', focalPoint: null, markId }));
  assert.equal(new Set(all).size, 2);
});
