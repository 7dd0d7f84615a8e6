import { caughtBy } from '../breakage.ts';

export const USAGE = [
  ...caughtBy('packages/server/src/records/usage/sqlite/usage.test.ts', [
    [
      'a recount goes on after changes that nobody counted',
      'sqlite/usage.ts: createUncounted',
      "'),\n    database…usage_recount_position",
      '',
    ],
    [
      'a recount goes on after it was abandoned',
      'usage.ts: createRecount.abandon',
      '.run();\n      removePosition',
      '',
    ],
    [
      'a recount misses changes of the record where it stands',
      'usage.ts: createUsageCounts',
      'WHERE n >=',
      'WHERE n >',
    ],
  ]),
  ...caughtBy('packages/server/src/run/config/quotas.test.ts', [
    [
      'the shortest prefix decides about limits',
      'readQuotas',
      'other.prefix.length - one.prefix.length',
      'one.prefix.length - other.prefix.length',
    ],
    ['limits by prefix hold for ids that contain it', 'quota.ts: limitsFor', 'startsWith', 'includes'],
    [
      'a limit that a prefix leaves out is none',
      'readQuotas',
      '...general, ...own',
      'bytes: null, images: null, pending: null, ...own',
    ],
  ]),
  ...caughtBy('packages/server/src/records/usage/sqlite/usage.test.ts', [
    [
      'limits by prefix are not enforced',
      'usage.ts: createUsageCounts',
      '?? limitsFor(defaults, userId)',
      '?? defaults',
    ],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/usage.ci.test.ts', [
    [
      'owners with limits by prefix count in shards',
      'dynamodb/usage-counts.ts: createUsageCounts',
      '!isUnlimited(limitsFor(defaults, userId))',
      '!isUnlimited(defaults)',
    ],
    [
      'a recount without limits suffices for new ones by prefix',
      'createDynamodbUsage',
      'includesOwners(limitedOwnersIn(item), limited)',
      'true',
    ],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/processes.ci.test.ts', [
    [
      'the mark of an abandoned recount counts for the next',
      'dynamodb/usage-counts.ts: createUsageCounts',
      '(mark === running',
      '(mark',
    ],
    [
      'the mark of an abandoned recount stays',
      'dynamodb/usage-counts.ts: createUsageCounts',
      ': mark === running ? mark : null',
      '',
    ],
    [
      'shards that another opens meanwhile stay open beside limits',
      'createDynamodbUsage',
      ';\n    await closeShards(userId); // after…were limits',
      ';',
    ],
    [
      'a process that dies leaves limits beside open shards',
      'createDynamodbUsage',
      ';\n    await closeShards(userId); // before…open shards',
      ';',
    ],
  ]),
];
