import { caughtBy } from '../breakage.ts';

const IN_TERMS = 'images/search-terms.ts: ';

export const SEARCHED_FACTS = [
  ...caughtBy('packages/server/test/access/private-facts.test.ts', [
    ['a view token searches what pictures say', 'listWithin', 'searchesFacts: false', 'searchesFacts: true'],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/search/search.test.ts', [
    ['what pictures say has the terms of users', `${IN_TERMS}picturesOf`, '\\0pictures', ''],
    ['the index ignores what pictures say', `${IN_TERMS}termsOf`, 'picture.length > 0', 'false'],
    ['a search finds no word of keywords', 'searchedWords', '...(details?.keywords ?? [])', ''],
    ['a search finds no camera', 'searchedWords', 'facts?.camera, ', ''],
    ['pictures have words beyond the 100', 'searchedWords', 'MAX_SEARCHED_WORDS - users.length', 'MAX_SEARCHED_WORDS'],
    ['the index forgets what a picture said', 'createSearchIndex', 'isDetailed(image)', 'false'],
    ['a search knows the former camera', 'isSameText', 'cameraOf(from) === cameraOf(to)', 'true'],
    ['a search knows the former title', 'createSearchIndex', 'details === undefined && isSameText', 'isSameText'],
    ['a search compares only what users say', 'sqlite/search/search.ts: isMatch', 'searchesFacts ? saidIn(row) : ', ''],
    ['a search asks the index for users only', `${IN_TERMS}termsOfWord`, 'searchesFacts ?', 'false ?'],
    ['a search by users compares what pictures say', 'sqlite/search/search.ts: isMatch', 'searchesFacts ?', 'true ?'],
    [
      'pictures read before are not searched',
      'fillSearch',
      'index(before, after, ',
      'if (n === 0) index(before, after, ',
    ],
  ]),
];
