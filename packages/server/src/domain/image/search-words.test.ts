import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hasWords, searchedWords, wordsIn } from './search-words.ts';

describe('the words of a text', () => {
  const WORDS: readonly (readonly [text: string, words: readonly string[]])[] = [
    ['IMG_0001.JPG', ['img', '0001', 'jpg']],
    ['Sunset at the beach, at dusk', ['sunset', 'at', 'the', 'beach', 'dusk']],
    ['Café CAFÉ cafe', ['cafe']],
    ['STRASSE straße', ['strasse']],
    ['ΟΔΟΣ', ['οδοσ']],
    ['ὈΔΥΣΣΕΎΣ', ['οδυσσευσ']],
    ['İstanbul', ['istanbul']],
    ['ﬁsh', ['fish']],
    ['日本語の写真', ['日本語の写真']],
    ['हिन्दी', ['हिन्दी']],
    ['Ёлка', ['елка']],
    ['👍🏽 !? "" AND -', ['and']],
    ['', []],
  ];
  for (const [text, words] of WORDS) {
    it(`are ${JSON.stringify(words)} in ${JSON.stringify(text)}`, () => assert.deepEqual(wordsIn(text), words));
  }

  it('have at most 30 marks in a row, also those of letters that become marks', () => {
    for (const marks of ['\u0591'.repeat(2_000), '\uff9e'.repeat(2_000), '\u0591\uff9e'.repeat(1_000)]) {
      const [word = '', ...others] = wordsIn(`a${marks}b`);
      assert.deepEqual([[...word].length, others], [32, []]);
    }
    const usual = `ก${'\u0e38'.repeat(30)}`;
    assert.deepEqual(wordsIn(usual), [usual]);
  });

  it('are the same once more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        const words = wordsIn(text);
        assert.deepEqual(wordsIn(words.join(' ')), words);
      }),
    );
  });

  it('contain no character that separates terms of the index', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), (text) => {
        for (const word of wordsIn(text)) assert.match(word, /^[a-z0-9\u0080-\u{10ffff}]+$/u);
      }),
    );
  });
});

describe('an image has words', () => {
  const image = { filename: 'Harbour_01.jpg', description: 'Before the boats came back' };
  for (const [asked, isFound] of [
    ['harbour', true],
    ['harb', true],
    ['BOATS harbour', true],
    ['boats harbor', false],
    ['oats', false],
    ['harbours', false],
  ] as const) {
    it(`${isFound ? 'of' : 'but not of'} ${asked}`, () => assert.equal(hasWords(image, wordsIn(asked)), isFound));
  }

  it('up to the 100th', () => {
    const words = Array.from({ length: 130 }, (_, n) => `w${n}x`);
    const long = { filename: 'name', description: `${words.join(' ')} ${words.join(' ')}` };
    assert.equal(hasWords(long, ['name', 'w0x', 'w98x']), true);
    assert.equal(hasWords(long, ['w99x']), false);
  });

  it('of its title, camera and keywords for who sees what the picture says', () => {
    const said = { facts: { camera: 'Nikon Z 8' }, details: { title: 'The pier', keywords: ['sea', 'boats'] } };
    assert.deepEqual(searchedWords(image, said).picture, ['pier', 'nikon', 'z', '8', 'sea']);
    assert.equal(hasWords(image, wordsIn('harbour nik pier sea'), said), true);
    assert.equal(hasWords(image, wordsIn('harbour nik')), false);
    assert.equal(hasWords(image, ['null'], { facts: { camera: null }, details: null }), false);
  });

  it('without a description', () => {
    assert.equal(hasWords({ ...image, description: null }, ['null']), false);
    assert.equal(hasWords({ ...image, description: null }, ['jpg']), true);
  });
});
