import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALL, type LibraryQuery } from '../library/library-query.ts';
import { added, type Findable, monthNames, quoted, readText } from './find-text.ts';
import { suggestionsFor, tagPrefixOf } from './suggestions.ts';

const FINDABLE: Findable = {
  maySearch: true,
  types: new Map([
    ['jpeg', 'image/jpeg'],
    ['jpg', 'image/jpeg'],
    ['heic', 'image/heic'],
  ]),
  months: monthNames(['de', 'en']),
};
const WITHOUT_WORDS: Findable = { ...FINDABLE, maySearch: false };
const ID = '019a0000-0000-7000-8000-000000000000';
const HOSTILE = ['two words', 'a"b', '\\', '"><script>', 'a\\" b', 'tag:x', '2024-07', '"', "'; --"];

describe('the text of the field', () => {
  const texts: Readonly<Record<string, Partial<LibraryQuery>>> = {
    'red  boat': { words: 'red boat' },
    'tag:sea red TAG:wind boat': { words: 'red boat', tags: ['sea', 'wind'] },
    'tag:"two words" tag:': { tags: ['two words'] },
    'type:HEIC': { type: 'image/heic' },
    'type:jpg 2024-07': { type: 'image/jpeg', month: '2024-07' },
    'July 2024': { month: '2024-07' },
    '2024 jul. tag:sea': { month: '2024-07', tags: ['sea'] },
    'märz 2024 boat': { month: '2024-03', words: 'boat' },
    'month:2024-02': { month: '2024-02' },
    'july boat 2024': { words: 'july boat 2024' },
    '"public" 2024-13': { words: 'public 2024-13' },
    'private visibility:public': { visibility: 'public' },
    '12:30 foo:bar': { words: '12:30 foo:bar' },
    'tag:may 2024': { tags: ['may'], words: '2024' },
    '': {},
  };
  for (const [text, query] of Object.entries(texts))
    it(`“${text}”`, () => {
      const { query: read, image, unknown } = readText(text, FINDABLE);
      assert.deepEqual([read, image, unknown], [{ ...ALL, ...query }, undefined, []]);
    });

  it('may be the id of a picture', () => {
    for (const text of [ID, `id:${ID.toUpperCase()}`]) assert.equal(readText(text, FINDABLE).image, ID);
  });

  it('is refused as far as the service has no such filter', () => {
    assert.deepEqual(readText('type:bmp month:x id:1 boat', FINDABLE).unknown, ['type:bmp', 'month:x', 'id:1']);
    const long = 'x'.repeat(101);
    assert.deepEqual(readText(`+ tag:${long}`, FINDABLE).unknown, ['+', long]);
    assert.deepEqual(readText(long, FINDABLE).unknown, [long]);
    assert.deepEqual(readText('boat public tag:sea', WITHOUT_WORDS).unknown, ['boat', 'public']);
  });

  it('has every tag in quotes that it needs', () => {
    for (const tag of HOSTILE) assert.deepEqual(readText(`x tag:${quoted(tag)} y`, FINDABLE).query.tags, [tag]);
  });

  it('is added to the filters that are there', () => {
    const shown = { ...ALL, words: 'red', tags: ['sea'], month: '2024-07' };
    const { query } = readText('boat tag:sea tag:wind 2024-08', FINDABLE);
    const many = { ...ALL, words: 'x'.repeat(99) };
    assert.deepEqual(added(shown, many), { ...shown, words: many.words });
    assert.deepEqual(added(shown, query), { ...ALL, words: 'red boat', tags: ['sea', 'wind'], month: '2024-08' });
  });
});

describe('suggestions', () => {
  const tags = ['sea', 'two words'].map((tag) => ({ tag, images: 1_000, isMore: tag === 'sea' }));
  const labels = (text: string, findable = FINDABLE, query: LibraryQuery = ALL): readonly string[] =>
    suggestionsFor(text, { findable, query, tags }).map(({ label }) => label);

  it('continue what is typed last', () => {
    assert.deepEqual(suggestionsFor('boat tag:t', { findable: FINDABLE, query: ALL, tags })[1], {
      label: 'two words',
      about: 'Tag · 1,000',
      text: 'boat tag:"two words"',
      isWhole: true,
    });
    assert.deepEqual(labels('type:j'), ['JPEG']);
    assert.ok(labels('july 2024').includes('July 2024'));
    assert.deepEqual(labels('tag:', FINDABLE, { ...ALL, tags: ['sea'] }), ['two words']);
  });

  it('offer what the service has', () => {
    assert.ok(labels('').includes('Private') && labels('pri').includes('Private'));
    assert.ok(!labels('', WITHOUT_WORDS).includes('Private') && !labels('pri', WITHOUT_WORDS).includes('Private'));
    assert.deepEqual(labels('type:w'), []);
  });

  it('ask for tags by a word or by the name of the filter', () => {
    const texts = {
      '': undefined,
      'tag:': '',
      'tag:"two w': 'two w',
      'red b': 'b',
      'red ': undefined,
      'type:j': undefined,
    };
    for (const [text, prefix] of Object.entries(texts)) assert.equal(tagPrefixOf(text), prefix, text);
  });
});
