import { breakagesFor } from '../breakage.ts';

export const DYNAMODB = [
  ...breakagesFor(
    {
      file: 'server/src/records/images/dynamodb/key-uses.ts',
      test: 'server/src/records/images/dynamodb/dynamodb.test.ts',
    },
    [
      [
        'an Idempotency-Key that expires now cannot be used yet',
        'attribute_not_exists(pk) OR expiresAt <= :now',
        'attribute_not_exists(pk) OR expiresAt < :now',
      ],
      [
        'an expired Idempotency-Key still has its image',
        "const isFree = !item || Number(item['expiresAt']?.N) <= now.getTime();",
        'const isFree = !item;',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/images/dynamodb/records.ts',
      test: 'server/test/dynamodb/lost-answers.test.ts',
    },
    [
      [
        'a change of an image whose answer was lost counts as failed',
        'return found && writeIdIn(found) === writeId ? undefined : found;',
        'return found;',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/dynamodb/table.ts',
      test: 'server/src/records/dynamodb/table.test.ts',
    },
    [
      [
        'keys that a batch left unprocessed are missing',
        'if (!left[name]?.Keys?.length) return found;',
        'return found;',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/dynamodb/fault.ts',
      test: 'server/src/records/dynamodb/fault.test.ts',
    },
    [
      [
        'a transaction that met another is not retried',
        'return CONFLICTS.has(name) || reasons.some((code) => CONFLICTS.has(code) || THROTTLED.has(code));',
        'return CONFLICTS.has(name);',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/images/dynamodb/lists/walk.ts',
      test: 'server/src/records/images/dynamodb/lists/walk.test.ts',
    },
    [
      [
        'a list ends at an answer without rows',
        'if (isLast) return undefined;',
        'if (isLast || rows.length === 0) return undefined;',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/images/dynamodb/lists/hydrate.ts',
      test: 'server/src/records/images/dynamodb/lists/hydrate.test.ts',
    },
    [
      [
        'a list removes the facet of an image that changes meanwhile',
        'table.transact([check, { delete: key }]',
        'table.transact([{ delete: key }]',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/images/dynamodb/upkeep.ts',
      test: 'server/src/records/dynamodb/schema-version.test.ts',
    },
    [['the sweeper gets records of a newer version', 'if (isNewer(item)) continue;', '']],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/dynamodb/shared-items.ts',
      test: 'server/test/backups/past-schemas.test.ts',
    },
    [['a table of before is served', "if (await table.get(sharedKey('shards')))", 'if (false)']],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/dynamodb/shared-items.ts',
      test: 'server/src/records/dynamodb/shared-items.test.ts',
    },
    [
      [
        'of two processes that start together each has a secret',
        "return text(itemInTheWay(error) ?? {}, 'secret');",
        'itemInTheWay(error);\n    return secret;',
      ],
    ],
  ),
  ...breakagesFor(
    {
      file: 'server/src/records/keys/dynamodb/dynamodb.ts',
      test: 'server/src/records/keys/dynamodb/dynamodb.test.ts',
    },
    [
      [
        'the last page of keys names a next one',
        'found.length > limit && last ? idIn(last) : null',
        'last ? idIn(last) : null',
      ],
      [
        'a rotation revokes a key that was used meanwhile',
        "and(isStill(unused), 'attribute_not_exists(lastUsedAt)')",
        'isStill(unused)',
      ],
      ['a short answer ends a list of keys', 'isLast = page.isLast || page.items.length === 0;', 'isLast = true;'],
      [
        'a change of a key whose answer was lost counts as failed',
        'return changed.Item !== undefined && isSame(changed.Item, changingOf(to));',
        'return false;',
      ],
    ],
  ),
];
