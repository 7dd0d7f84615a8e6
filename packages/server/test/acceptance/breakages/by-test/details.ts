import { caughtBy } from '../breakage.ts';

export const DETAILS = [
  ...caughtBy('packages/server/src/records/images/dynamodb/details.ci.test.ts', [
    [
      'details stay in the table if an older process ended their image',
      'guessIn',
      'isStored(from) ? from.hasDetails : hasDetailsIn(item)',
      'isStored(from) && from.hasDetails',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/sqlite.test.ts', [
    [
      'a deleted image keeps its details',
      'createDetailsRows',
      ' else if (from && isDetailed(from)) remove.run(n);',
      '',
    ],
    [
      'details are written with an image that says it has none',
      'detailsBreach',
      '!isStored(to) || to.hasDetails === expected',
      'true',
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/facts-text.test.ts', [
    ['what a later version wrote of a picture is lost', 'facts-text.ts: factsText', '    ...unknown,\n', ''],
  ]),
  ...caughtBy('packages/server/src/records/archive/dynamodb/user-records.ci.test.ts', [
    [
      'details without a record survive the deletion of their user',
      'createDynamodbUserRecords',
      ', rest.details];',
      '];',
    ],
  ]),
  ...caughtBy('packages/server/test/users/export-user.ci.test.ts', [
    ['an export reads the details of all users', 'exportUser', 'image.userId === userId;', 'image !== undefined;'],
  ]),
  ...caughtBy('packages/server/src/records/archive/dynamodb/dynamodb.ci.test.ts', [
    [
      'an archive on a table reads details that nobody needs',
      'createDynamodbRecordArchive',
      'isDetailed(image) && needsDetails(image)',
      'isDetailed(image) && needsDetails !== undefined',
    ],
  ]),
];
