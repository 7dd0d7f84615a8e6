import { breakagesFor } from '../breakage.ts';

const SQLITE = 'server/src/records/usage/sqlite';
const DYNAMODB = 'server/src/records/usage/dynamodb';

export const USAGE = [
  ...breakagesFor({ file: `${SQLITE}/usage.ts`, test: `${SQLITE}/usage.test.ts` }, [
    [
      'a recount goes on after changes that nobody counted',
      "\n    database.prepare('DELETE FROM usage_recount_position'),\n",
      '\n',
    ],
    [
      'a recount goes on after it was abandoned',
      'abandon(): void {\n      removeSums.run();\n      removePosition.run();',
      'abandon(): void {\n      removeSums.run();',
    ],
    ['a recount misses changes of the record where it stands', 'WHERE n >= ?', 'WHERE n > ?'],
  ]),
  ...breakagesFor({ file: `${DYNAMODB}/usage-counts.ts`, test: `${DYNAMODB}/processes.test.ts` }, [
    [
      'the mark of an abandoned recount counts for the next',
      'mark === running ? change : after',
      'mark ? change : after',
    ],
    ['the mark of an abandoned recount stays', 'mark: mark === running ? mark : null', 'mark'],
  ]),
  ...breakagesFor({ file: `${DYNAMODB}/usage.ts`, test: `${DYNAMODB}/processes.test.ts` }, [
    [
      'shards that another opens meanwhile stay open beside limits',
      '    await closeShards(userId); // after: another may have opened them before there were limits\n',
      '',
    ],
    [
      'a process that dies leaves limits beside open shards',
      '    await closeShards(userId); // before: a process that dies here leaves no limits beside open shards\n',
      '',
    ],
  ]),
];
