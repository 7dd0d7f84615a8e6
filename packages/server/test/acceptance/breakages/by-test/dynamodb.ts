import { caughtBy } from '../breakage.ts';

export const DYNAMODB = [
  ...caughtBy('packages/server/src/records/images/dynamodb/dynamodb.ci.test.ts', [
    ['an Idempotency-Key that expires now cannot be used yet', 'isFreeAt', '<= :now', '< :now'],
    ['an expired Idempotency-Key still has its image', 'dynamodb/key-uses.ts: createKeyUses', ' || Number(item…()', ''],
  ]),
  ...caughtBy('packages/server/test/dynamodb/lost-answers.ci.test.ts', [
    [
      'a change of an image whose answer was lost counts as failed',
      'dynamodb/records.ts: foundBy',
      "writeIdIn(item) …'written' : ",
      '',
    ],
  ]),
  ...caughtBy('packages/server/src/records/dynamodb/table.test.ts', [
    ['keys that a batch left unprocessed are missing', 'createTable', 'if (!left[name]?.Keys?.length) ', ''],
  ]),
  ...caughtBy('packages/server/src/records/dynamodb/fault.test.ts', [
    ['a transaction that met another is not retried', 'isConflict', ') || reasons…THROTTLED.has(code)', ''],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/lists/walk.test.ts', [
    ['a list ends at an answer without rows', 'createWalk', '(isLast)', '(isLast || rows.length === 0)'],
  ]),
  ...caughtBy('packages/server/src/records/images/dynamodb/lists/hydrate.ci.test.ts', [
    ['a list removes the facet of an image that changes meanwhile', 'lists/repair.ts: removal', ': [check, {', ': [{'],
  ]),
  ...caughtBy('packages/server/src/records/dynamodb/schema-version.test.ts', [
    [
      'the sweeper gets records of a newer version',
      'dynamodb/upkeep.ts: createUpkeep',
      'if (isNewer(item)) continue;',
      '',
    ],
  ]),
  ...caughtBy('packages/server/test/backups/past-schemas.ci.test.ts', [
    [
      'a table of before is served',
      'requireForm',
      "(await table.get(sharedKey('shards'))) && !(await isMarked())",
      'false',
    ],
  ]),
  ...caughtBy('packages/server/src/records/dynamodb/shared-items.test.ts', [
    [
      'of two processes that start together each has a secret',
      'dynamodb/shared-items.ts: sharedSecret',
      "return text(…')",
      'itemInTheWay(error);\n    return secret',
    ],
  ]),
  ...caughtBy('packages/server/src/records/keys/dynamodb/dynamodb.test.ts', [
    ['the last page of keys names a next one', 'createDynamodbKeyRepository', ': found.length > limit &&', ':'],
    [
      'a rotation revokes a key that was used meanwhile',
      'createDynamodbKeyRepository',
      "and(isStill(…')",
      'isStill(unused)',
    ],
    ['a short answer ends a list of keys', 'createDynamodbKeyRepository', 'page.isLast …0', 'true'],
    [
      'a change of a key whose answer was lost counts as failed',
      'createDynamodbKeyRepository',
      'changed.Item …))',
      'false',
    ],
  ]),
];
