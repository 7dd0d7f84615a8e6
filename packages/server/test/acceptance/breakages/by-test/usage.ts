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
