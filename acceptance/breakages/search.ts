import { breakagesOf } from './breakage.ts';

export const SEARCH = [
  ...breakagesOf('domain/image/search-words.ts', [
    ['a search finds whole words only', 'one.startsWith(word)', 'one === word'],
    ['a search finds the middle of words', 'one.startsWith(word)', 'one.includes(word)'],
    ['a search finds any of its words', 'return words.every((word)', 'return words.some((word)'],
    ['a search ignores the description', "description ?? ''", "''"],
    ['a search keeps accents', ".replace(DIACRITICS, '')", ''],
    ['a search finds any number of words', '.slice(0, MAX_SEARCHED_WORDS)', ''],
  ]),
  ...breakagesOf('records/images/sqlite/record-writes.ts', [
    [
      'the search index has what images were first',
      'updateSearch(from, to, n);',
      "if (to.status === 'ready' && from?.status !== 'ready') updateSearch(from, to, n);",
    ],
  ]),
  ...breakagesOf('records/images/sqlite/search/search-index.ts', [
    [
      'a search finds trashed images',
      "  image?.status === 'ready' ? termsOf",
      "  image?.status === 'ready' || image?.status === 'trashed' ? termsOf",
    ],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    ['filters beside a search are dropped', '!asked.q || besideSearch(asked).length === 0', 'true'],
    ['a search does not say which filter it refuses', "besideSearch(Object(input)).join(', ')", "'more'"],
    ['a search may have 101 characters', 'MAX_SEARCH_LENGTH = 100', 'MAX_SEARCH_LENGTH = 101'],
    ['a search needs no word', 'wordsIn(value).length > 0', 'true'],
  ]),
  ...breakagesOf('http/service/service.ts', [
    ['GET / says that there is no search', 'search: images.searches', 'search: false'],
  ]),
  ...breakagesOf('http/images/images.ts', [
    ['an empty search lists everything', "parametersOf(c, ['q'])", 'parametersOf(c)'],
  ]),
  ...breakagesOf('operations/images/find-images.ts', [
    ['a cursor is not bound to the words', '{ words: query.words }', '{}'],
  ]),
];
