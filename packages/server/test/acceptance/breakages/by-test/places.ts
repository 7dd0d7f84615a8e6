import { caughtBy } from '../breakage.ts';

export const PLACES = [
  ...caughtBy('packages/server/src/records/images/dynamodb/places.ci.test.ts', [
    [
      'a record that an earlier version changed counts as placed',
      'dynamodb/placing.ts: createPlacing',
      'placedIn(item) === placedWith(image)',
      'placedIn(item) !== null',
    ],
    ['a write takes facets of an earlier version for placed', 'facetChanges', 'isPlaced ? place : undefined', 'place'],
    [
      'a walk places no facets',
      'dynamodb/placing.ts: createPlacing',
      'isPlaced ? [] : facetsOf',
      'true ? [] : facetsOf',
    ],
    [
      'a walk gives up on an image that changes',
      'dynamodb/placing.ts: createPlacing',
      'attempt <= ATTEMPTS',
      'attempt <= 2',
    ],
    ['a list shows an image where it no longer is', 'createHydrate', '=== at ? image', '!== null ? image'],
    [
      'lists by capture are served before a walk has ended',
      'dynamodb/places.ts: createPlaces',
      '.serving !== null',
      '.serving !== 0',
    ],
    [
      'a walk leaves counts that nobody reads',
      'dynamodb/placing.ts: createPlacing',
      'await removeFormer(image.userId);',
      '',
    ],
    [
      'what an earlier process left on an image in the trash is in the way',
      'image-item.ts: isStill',
      "['filteredBy', 'placed']",
      "['filteredBy']",
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/open.test.ts', [
    ['a table without the index by capture stops the start', 'isRequired', '!OPTIONAL.includes(index)', 'true'],
    ['lists by capture need no index', 'dynamodb/places.ts: createPlaces', "if (!hasCaptureIndex) return 'none';", ''],
  ]),
  ...caughtBy('packages/server/test/upkeep/fill-places.ci.test.ts', [
    [
      'a walk leaves an image in its month that an earlier version deleted',
      'dynamodb/upkeep.ts: createUpkeep',
      'else if (image && (countedAsIn(item) !== null || albumsListedIn(item) !== null)) left.push(image.id);',
      '',
    ],
    ['a walk ends with a pass that placed images', 'steppedReading', '(stepped.placedNow ?? 0) === 0 && ', ''],
    [
      'a walk places images before every process knows of it',
      'fill-facts.ts: dueReading',
      'reading.walk?.placing?.fromMs ?? 0',
      '0',
    ],
  ]),
  ...caughtBy('packages/server/test/images/lists-by-capture.test.ts', [
    [
      'a table has lists by capture of all users',
      'requireOrderByCapture',
      "orders === 'of-all' || userId !== undefined",
      'true',
    ],
    ['a new table waits for a walk', 'openDynamodb', '() => serveFirst(table)', '() => Promise.resolve()'],
  ]),
];
