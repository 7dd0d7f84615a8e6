import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cropBetween, FIRST_FORM, type RenderForm, renderBody, renderedSize, renderFault } from './render-form.ts';

const PICTURE = { width: 6_000, height: 4_000 };
const crop = { left: '0', top: '0', width: '6000', height: '4000' };

describe('the form of a size', () => {
  it('says in words what the service would refuse', () => {
    const faults: readonly (readonly [Partial<RenderForm>, RegExp | undefined])[] = [
      [{}, undefined],
      [{ w: '0' }, /whole numbers from 1 to 4,096/],
      [{ h: '1.5' }, /whole numbers/],
      [{ w: '1e3' }, /whole numbers/],
      [{ w: '', h: '' }, /at most 4,096 pixels a side/],
      [{ fit: 'cover' }, /needs a width and a height/],
      [{ fit: 'cover', h: '300' }, undefined],
      [{ q: '101' }, /quality/],
      [{ crop }, undefined],
      [{ crop: { ...crop, left: '1' } }, /within 6000 × 4000/],
      [{ crop: { ...crop, width: '0' } }, /whole pixels/],
      [{ w: '4096', format: 'avif' }, /at most 8,388,608 pixels/],
      [{ w: '3000', format: 'avif' }, undefined],
      [{ w: '3000', format: 'avif', q: '61' }, /at most 4,194,304/],
    ];
    for (const [changes, words] of faults) {
      const fault = renderFault({ ...FIRST_FORM, ...changes }, PICTURE);
      if (words) assert.match(fault ?? '', words, JSON.stringify(changes));
      else assert.equal(fault, undefined, JSON.stringify(changes));
    }
  });

  it('asks for no more than was chosen', () => {
    assert.deepEqual(renderBody(FIRST_FORM), { w: 800 });
    const all = { w: '300', h: '200', fit: 'cover', position: 'focal', crop, format: 'webp', q: '70' } as const;
    assert.deepEqual(renderBody(all), {
      ...{ w: 300, h: 200, fit: 'cover', position: 'focal', format: 'webp', q: 70 },
      crop: '0,0,6000,4000',
    });
    assert.deepEqual(renderBody({ ...all, fit: 'inside', format: 'png', crop: undefined }), {
      w: 300,
      h: 200,
      format: 'png',
    });
  });

  it('knows the size of the result', () => {
    const sizeOf = (changes: Partial<RenderForm>) => renderedSize({ ...FIRST_FORM, ...changes }, PICTURE);
    assert.deepEqual(sizeOf({}), { width: 800, height: 533 });
    assert.deepEqual(sizeOf({ w: '300', h: '300', fit: 'cover' }), { width: 300, height: 300 });
    assert.deepEqual(sizeOf({ w: '300', h: '300', fit: 'pad' }), { width: 300, height: 300 });
    assert.deepEqual(sizeOf({ crop: { ...crop, width: '400', height: '100' } }), { width: 400, height: 100 });
  });

  it('makes a crop of two points, whatever their order, within the picture', () => {
    const expected = { left: '600', top: '400', width: '1200', height: '2000' };
    assert.deepEqual(cropBetween([0.1, 0.1], [0.3, 0.6], PICTURE), expected);
    assert.deepEqual(cropBetween([0.3, 0.6], [0.1, 0.1], PICTURE), expected);
    assert.deepEqual(cropBetween([-1, -1], [2, 2], PICTURE), crop);
    assert.deepEqual(cropBetween([1, 1], [1, 1], PICTURE), { left: '5999', top: '3999', width: '1', height: '1' });
  });
});
