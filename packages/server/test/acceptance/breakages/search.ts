import { breakages } from './breakage.ts';

export const SEARCH = breakages([
  ['a search finds whole words only', 'hasWords', 'own.startsWith(word)', 'own === word'],
  ['a search finds the middle of words', 'hasWords', 'startsWith', 'includes'],
  ['a search finds any of its words', 'hasWords', 'every', 'some'],
  ['a search ignores the description', 'searchedWords', "description ?? ''", "''"],
  ['a search keeps accents', 'folded', ".replace(DIACRITICS, '')", ''],
  ['a search finds any number of words', 'searchedWords', '.slice(0, MAX_SEARCHED_WORDS)', ''],
  [
    'the search index has what images were first',
    'createRecordWrites',
    'updateSearch(',
    "if (to.status === 'ready' && from?.status !== 'ready') updateSearch(",
  ],
  ['a search finds trashed images', 'indexedTerms', 'ready', "ready' || image?.status === 'trashed"],
  ['filters beside a search are dropped', 'list-query.ts: listQuery', '!asked.q || …0', 'true'],
  ['a search does not say which filter it refuses', 'list-query.ts: listQuery', "besideSearch(Object…(', ')", "'more'"],
  ['a search may have 101 characters', 'MAX_SEARCH_LENGTH', '100', '101'],
  ['a search needs no word', 'searchText', 'wordsIn(value).length > 0', 'true'],
  ['GET / says that there is no search', 'serviceRoutes', 'images.searches', 'false'],
  ['an empty search lists everything', 'imageRoutes', "'q', ", ''],
  ['a cursor is not bound to the words', 'canonical', '{ words: query.words }', '{}'],
]);
