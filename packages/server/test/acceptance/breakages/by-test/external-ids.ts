import { caughtBy } from '../breakage.ts';

export const EXTERNAL_IDS = [
  ...caughtBy('packages/server/src/records/images/dynamodb/taken-ids.ci.test.ts', [
    ['an external id is found with an image that has ended', 'dynamodb/taken-ids.ts: holds', '!isEnded(image) && ', ''],
    [
      'an image frees an external id that another one has by then',
      'dynamodb/taken-ids.ts: createTakenIds',
      ', condition: names(to.id) }',
      ' }',
    ],
    [
      'an external id is taken over from an image that has got it meanwhile',
      'dynamodb/taken-ids.ts: createTakenIds',
      'has && named && checkOf',
      '!has && named && checkOf',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/dynamodb.ci.test.ts', [
    ['two images may have one external id', 'claimOf', '\n  condition: names(id, namedId),', ''],
    [
      'an external id is judged before the Idempotency-Key',
      'createNewRecords',
      'if (ofFirst || ofRecord)',
      'if (ofRecord)',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/sqlite.test.ts', [
    [
      'an external id in use is an error of the database',
      'sqlite/taken-ids.ts: createTakenIds',
      'if (holder && holder.id !== id)',
      'if (false && holder && holder.id !== id)',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/largest-transaction.test.ts', [
    ['a change writes facets that it keeps', 'facetChanges', '!places.has(pk) || places.get(pk) !== place', 'true'],
  ]),
  ...caughtBy('packages/server/test/access/external-ids.test.ts', [
    ['a conflict names an image that the caller may not see', 'namingHolder', 'holder && maySee(…holder)', 'holder'],
  ]),
  ...caughtBy('packages/server/test/images/external-ids.test.ts', [
    [
      'an external id in use is refused after the decode',
      'verifyAndStore',
      '  await requireIdFree(services, upload, input);\n',
      '',
    ],
  ]),
];
