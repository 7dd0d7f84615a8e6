import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { listQuery } from '../images/list-query.ts';
import { parameters, parse } from '../request/validation.ts';
import { grantBody, grantQuery } from './upload-schemas.ts';

const inJson = (tags: unknown) => parse(grantBody, { content_type: 'image/png', tags }, 'body').tags;
const inQuery = (query: string) => parse(grantQuery, parameters(new URLSearchParams(query)), 'query').tags;
const inFilter = (query: string) => parse(listQuery, parameters(new URLSearchParams(query)), 'query').tag;

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `tag${index}`);
const refusal = (pointer: string, detail: string) => ({ code: 'invalid-request', errors: [{ pointer, detail }] });

describe('tags', () => {
  it('are trimmed, normalized to NFC and deduplicated, in the given order', () => {
    assert.deepEqual(inJson(['sea', ' beach\t', 'caf\u0065\u0301', 'caf\u00e9', 'beach']), [
      'sea',
      'beach',
      'caf\u00e9',
    ]);
  });

  it('are case-sensitive, and may contain spaces and commas', () => {
    assert.deepEqual(inJson(['Sea', 'sea', 'the sea', 'sea, salt']), ['Sea', 'sea', 'the sea', 'sea, salt']);
  });

  it('are unique, normalized and trimmed, for any input', () => {
    const character = fc.constantFrom('a', 'e', '\u0301', 'é', ' ', '\u00a0', '🌅', ',');
    fc.assert(
      fc.property(fc.array(fc.string({ unit: character, maxLength: 4 }), { maxLength: 20 }), (given) => {
        const tags = inJson(given.filter((tag) => tag.trim() !== '')) ?? [];
        assert.equal(new Set(tags).size, tags.length);
        for (const tag of tags) assert.equal(tag, tag.normalize('NFC').trim());
        assert.deepEqual(inJson(tags), tags);
      }),
    );
  });

  it('are at most 20, counted after duplicates are dropped', () => {
    assert.equal(inJson(numbered(20))?.length, 20);
    assert.equal(inJson([...numbered(20), ' tag0 '])?.length, 20);
    assert.throws(() => inJson(numbered(21)), refusal('/tags', 'expected at most 20 tags; got 21'));
    assert.throws(() => inQuery(`tags=${numbered(21)}`), refusal('?tags', 'expected at most 20 tags; got 21'));
  });

  for (const character of ['a', 'é', '🌅']) {
    it(`have at most 64 characters each, counting ${character} as one`, () => {
      const longest = character.repeat(64);
      assert.deepEqual(inJson([` ${longest} `]), [longest]);
      const expected = refusal('/tags/1', 'expected at most 64 characters; got 65');
      assert.throws(() => inJson(['x', `${longest}a`]), expected);
    });
  }

  it('are measured after normalization', () => {
    assert.deepEqual(inJson(['\u0065\u0301'.repeat(64)]), ['\u00e9'.repeat(64)]);
  });

  for (const tag of ['a\ud83c', 'a\0b', 'a\nb', 'a\u0085b']) {
    it(`must be well-formed and without control characters: ${JSON.stringify(tag)} is refused`, () => {
      const what = tag.isWellFormed() ? 'no control characters' : 'well-formed Unicode';
      const expected = refusal('/tags/0', `expected ${what}; got ${JSON.stringify(tag)}`);
      assert.throws(() => inJson([tag]), expected);
    });
  }

  for (const tag of ['', '  ', '\t']) {
    it(`must not be empty in JSON: ${JSON.stringify(tag)}`, () => {
      const expected = refusal('/tags/1', 'expected a tag of at least 1 character; got none');
      assert.throws(() => inJson(['x', tag]), expected);
    });
  }

  it('must be an array of text in JSON, or null', () => {
    assert.equal(inJson(null), null);
    assert.deepEqual(inJson([]), []);
    assert.throws(() => inJson('a,b'), refusal('/tags', 'expected an array of tags; got "a,b"'));
    assert.throws(() => inJson([7]), refusal('/tags/0', 'expected a tag as text; got 7'));
    assert.throws(() => inJson([['a']]), refusal('/tags/0', 'expected a tag as text; got 1 values'));
  });
});

describe('tags in parameters', () => {
  const queries: Record<string, readonly string[] | undefined> = {
    'tags=test,cloud': ['test', 'cloud'],
    'tags=test&tags=cloud': ['test', 'cloud'],
    'tags=test,cloud&tags=sea,test': ['test', 'cloud', 'sea'],
    'tags=%20test%20,%20cloud': ['test', 'cloud'],
    'tags=,test,,%20,': ['test'],
    'tags=,': [],
    'tags=%20': [],
    'tags=': undefined,
    '': undefined,
    'tags=caf%C3%A9,cafe%CC%81': ['café'],
  };
  for (const [query, tags] of Object.entries(queries)) {
    it(`are split at commas, without empty ones: ${query || 'none'}`, () => {
      assert.deepEqual(inQuery(query), tags);
    });
  }
});

describe('tags to filter a list by', () => {
  const queries: Record<string, readonly string[] | undefined> = {
    'tag=sea': ['sea'],
    'tag=sea&tag=beach&tag=sea': ['sea', 'beach'],
    'tag=sea,salt': ['sea,salt'],
    'tag=%20cafe%CC%81': ['café'],
    'tag=': undefined,
  };
  for (const [query, tag] of Object.entries(queries)) {
    it(`are one per parameter, normalized like those of an upload: ${query}`, () =>
      assert.deepEqual(inFilter(query), tag));
  }

  it('are validated like those of an upload', () => {
    const query = numbered(21).map((tag) => `tag=${tag}`);
    assert.throws(() => inFilter(query.join('&')), refusal('?tag', 'expected at most 20 tags; got 21'));
    assert.throws(() => inFilter(`tag=${'a'.repeat(65)}`), refusal('?tag', 'expected at most 64 characters; got 65'));
    assert.throws(() => inFilter('tag=%20'), refusal('?tag', 'expected a tag of at least 1 character; got none'));
  });
});
