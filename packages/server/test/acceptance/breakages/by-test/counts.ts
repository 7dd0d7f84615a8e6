import { caughtBy } from '../breakage.ts';

export const COUNTS = [
  ...caughtBy('packages/server/src/records/usage/sqlite/usage.test.ts', [
    ['a recount leaves the counts of images', 'usage.ts: createRecount', '        counts.recount(userId);\n', ''],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/usage.ci.test.ts', [
    [
      'a change between held and ready is not counted',
      'usage-item.ts: sumsChange',
      'SUMS.every(',
      'SUMS.slice(0, 7).every(',
    ],
    ['held images are those of all states', 'usage-item.ts: countsIn', 'images - ready - trashed', 'images'],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/former-counts.ci.test.ts', [
    [
      'counts after a recount by an earlier version are answered',
      'recounts.ts: isByStatus',
      ' && !(LIMITED in item)',
      '',
    ],
    ['a recount of an earlier version is continued', 'recount.ts: BEGINS_ANEW', 'NOT begins_with', 'begins_with'],
    [
      'an earlier version counts on after a recount',
      'dynamodb/recount.ts: createRecount',
      'remove: [RECOUNT, LIMITED]',
      'remove: [RECOUNT]',
    ],
  ]),
  ...caughtBy('packages/server/test/view-tokens/sight.test.ts', [
    ['a view token with only_tags counts all images', 'requireCounted', 'view.onlyTags.length > 0', 'false'],
  ]),
  ...caughtBy('packages/server/test/usage/counts-on-a-table.ci.test.ts', [
    [
      'a table that is not counted has no images',
      'countImages',
      'if (byStatus) return byStatus[status];',
      'return byStatus?.[status] ?? 0;',
    ],
  ]),
];
