import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import type { Json } from '../image/image.ts';
import { filterRowsOf, hasMetadata, hasRowsBy, isFilterValue, parseFilterNames } from './metadata-filters.ts';

const imageWith = (metadata: { readonly [name: string]: Json }, filteredBy: readonly string[]) =>
  samplePublished(samplePending({ metadata }), 'image/jpeg', filteredBy);

describe('the names of METADATA_FILTERS', () => {
  it('are at most three different ones, in order', () => {
    assert.deepEqual(parseFilterNames(''), []);
    assert.deepEqual(parseFilterNames('sku, order'), ['order', 'sku']);
    assert.deepEqual(parseFilterNames('__proto__,A-1,b_2'), ['A-1', '__proto__', 'b_2']);
    assert.deepEqual(parseFilterNames('a'.repeat(40)), ['a'.repeat(40)]);
    for (const text of ['a,a', 'a,b,c,d', 'a.b', 'a b', 'é', 'a,', ',', 'a'.repeat(41)])
      assert.equal(parseFilterNames(text), undefined, text);
  });
});

describe('the rows of an image by its metadata', () => {
  it('are one for each text of 1 to 100 bytes under a name', () => {
    const metadata = { order: 'A17', sku: 17, camera: 'x', other: 'y' };
    assert.deepEqual(filterRowsOf(imageWith(metadata, ['camera', 'order', 'sku'])), [
      { name: 'camera', value: 'x' },
      { name: 'order', value: 'A17' },
    ]);
    assert.deepEqual(filterRowsOf(imageWith(metadata, [])), []);
    assert.deepEqual(filterRowsOf(samplePending({ metadata })), []);
    assert.deepEqual(filterRowsOf(undefined), []);
  });

  it('are of members of its own', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      assert.deepEqual(filterRowsOf(imageWith({}, [name])), [], name);
    const own = JSON.parse('{"__proto__": "A17"}');
    assert.deepEqual(filterRowsOf(imageWith(own, ['__proto__'])), [{ name: '__proto__', value: 'A17' }]);
    assert.equal(hasMetadata({ metadata: own }, [{ name: '__proto__', value: 'A17' }]), true);
  });

  it('are none for a text that is empty, too long in bytes or not well-formed, and for no text', () => {
    for (const value of ['a', 'é'.repeat(50), ' ', '\u{1f4f7}'.repeat(25)]) assert.equal(isFilterValue(value), true);
    for (const value of ['', 'é'.repeat(51), 'a'.repeat(101), '\ud800', 17, true, null, ['a'], { a: 'b' }, undefined])
      assert.equal(isFilterValue(value), false, JSON.stringify(value));
  });

  it('are as names ask for if only names without values differ', () => {
    const image = imageWith({ order: 'A17' }, ['order']);
    assert.equal(hasRowsBy(image, ['order', 'sku']), true);
    assert.equal(hasRowsBy(image, ['sku']), false);
    assert.equal(hasRowsBy(imageWith({ order: 'A17' }, []), ['order']), false);
    assert.equal(hasRowsBy(imageWith({}, []), ['order']), true);
  });
});
