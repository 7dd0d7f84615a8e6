import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asKind, type Kind, type MetadataRow, metadataOf, rowsFault, rowsOf } from './metadata-rows.ts';

const row = (name: string, kind: Kind, text: string, key = 0): MetadataRow => ({ key, name, kind, text });

describe('rows of metadata', () => {
  it('keep every JSON value and name as they are', () => {
    const objects = fc.dictionary(fc.oneof(fc.string({ minLength: 1 }), fc.constant('__proto__')), fc.jsonValue());
    fc.assert(
      fc.property(objects, (given) => {
        const metadata = JSON.parse(JSON.stringify(given));
        assert.equal(JSON.stringify(metadataOf(rowsOf(metadata))), JSON.stringify(metadata));
      }),
    );
  });

  it('keep a number a number, and text that looks like one text', () => {
    assert.deepEqual(metadataOf([row('a', 'number', '12.50'), row('b', 'text', '12.50')]), { a: 12.5, b: '12.50' });
  });

  it('are refused in words while they make no metadata', () => {
    const faults: readonly (readonly [readonly MetadataRow[], RegExp | undefined])[] = [
      [[row('', 'text', 'lost')], /^Give each row a name\.$/],
      [[row('a', 'text', ''), row('a', 'number', '1')], /^Two rows are called “\u2068a\u2069”\. Rename one\.$/],
      [[row('n', 'number', '1,5')], /^“\u2068n\u2069” isn't a number yet/],
      [[row('n', 'number', 'NaN')], /isn't a number/],
      [[row('n', 'number', '1e999')], /isn't a number/],
      [[row('j', 'json', '{"a":')], /isn't JSON yet/],
      [[row('big', 'text', 'é'.repeat(2_050))], /^Metadata has at most 4,096 bytes: this has 4,110\.$/],
      [[row('', 'text', ''), row('n', 'number', ' 7 ')], undefined],
    ];
    for (const [rows, words] of faults) {
      const fault = rowsFault(rows);
      if (words) assert.match(fault ?? '', words);
      else assert.equal(fault, undefined);
    }
  });

  it('keep their keys, so that the focus stays, and get others than those that are taken', () => {
    const known = [row('b', 'text', '', 7), row('c', 'text', '', 8)];
    assert.deepEqual(
      rowsOf({ a: 1, b: 2, d: 3 }, known).map(({ name, key }) => [name, key]),
      [
        ['a', 9],
        ['b', 7],
        ['d', 10],
      ],
    );
  });

  it('drop a row that nobody filled', () => {
    assert.deepEqual(metadataOf([row('', 'boolean', 'false'), row('', 'text', '')]), {});
  });

  it('change the kind of a value', () => {
    assert.deepEqual(metadataOf([asKind(row('a', 'text', 'true'), 'boolean')]), { a: true });
    assert.deepEqual(metadataOf([asKind(row('a', 'text', '7'), 'number')]), { a: 7 });
    assert.deepEqual(metadataOf([asKind(row('a', 'text', 'x'), 'empty')]), { a: null });
  });
});
