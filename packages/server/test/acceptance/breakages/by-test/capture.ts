import { caughtBy } from '../breakage.ts';

export const CAPTURE = [
  ...caughtBy('packages/server/test/images/lists-by-capture.test.ts', [
    ['the latest time of capture is ignored', 'images/images.ts: filterOf', 'asked.taken_to?.before', 'undefined'],
    ['a search ignores dates of capture', 'createSearch', '|| !isTakenWithin(image, query)', ''],
    ['an order by capture takes words', 'besideCapture', "'q', 'start_date'", "'start_date'"],
    [
      'an order by capture takes filters by metadata',
      'metadata-filters.ts: requireBeside',
      'isByCapture(order)',
      'false',
    ],
    [
      'a bound by capture is ignored without its order',
      'list-query.ts: listQuery',
      'isByCapture(order ?? ',
      'true || isByCapture(order ?? ',
    ],
    ['a month is its first day', 'parseClockSpan', 'if (day === undefined)', 'if (false)'],
    ['a view token learns dates from the order', 'requireUploadDates', 'isByCapture(order)', 'false'],
    ['a view token learns dates from a bound', 'requireUploadDates', 'if (bound) throw', 'if (false) throw'],
    ['a view token without metadata counts months', 'find-months.ts: ownerOf', '!view.showsMetadata', 'false'],
    ['a page of months repeats its last month', 'createMonthReads', 'month < ?', 'month <= ?'],
    ['a picture without a date has no place', 'capturedAt', 'wallClockAt(createdAt(image.id).getTime()) ?? ', ''],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/sqlite.test.ts', [
    ['a corrected date leaves its former place', 'createCapturedRows', '!isMoved && after.names', 'after.names'],
    [
      'a tag that has gone lists its image by capture',
      'createCapturedRows',
      'if (!isMoved && after.names.includes(name))',
      'if (!isMoved)',
    ],
    [
      'a month counts what has left it',
      'sqlite/month-counts.ts: createMonthCounts',
      'subtract.run(owner, before);',
      '',
    ],
    ['a month of no images stays', 'sqlite/month-counts.ts: createMonthCounts', 'removeNone.run(owner, before);', ''],
    [
      'months are those of one owner',
      'sqlite/month-counts.ts: createMonthCounts',
      '[to.userId, ALL_OWNERS]',
      '[to.userId]',
    ],
    ['a date by hand does not count', 'taken-at.ts: takenAt', 'takenByHand === undefined', 'true'],
  ]),
  ...caughtBy('packages/server/test/usage/quota-kill.ci.test.ts', [
    [
      'one month is not counted',
      'sqlite/month-counts.ts: createMonthCounts',
      'if (after !== undefined) add',
      "if (after !== undefined && after !== '2019-05') add",
    ],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/captured-rows.test.ts', [
    ['a migration sorts all images for each batch', 'FILLED_SQL', '+status', 'status'],
    ['months keep an image whose row is missing', 'createCapturedRows', 'changes === 1', 'true'],
    ['a recount forgets the months of all', 'createMonthReads', 'addToAll.run(month, difference);', ''],
    ['a migration fills one batch', 'fillRows', 'if (batch.length < FILL_BATCH) return', 'return'],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/month-processes.ci.test.ts', [
    [
      'a process takes an image out of a generation that it has not noticed',
      'dynamodb/month-counts.ts: createMonthCounts',
      'generation > newest',
      'false',
    ],
    [
      'a generation counts only once it is served',
      'dynamodb/month-counts.ts: createMonthCounts',
      '[serving, building]',
      '[serving]',
    ],
    [
      'a month on a table counts what has left it',
      'dynamodb/month-counts.ts: createMonthCounts',
      '...(before ?',
      '...(false ?',
    ],
    ['months are those of a generation of before', 'readMonths', 'generations.refresh()', 'generations.current()'],
    [
      'a writer ignores where a record says that it is counted',
      'image-item.ts: VERSION_ATTRIBUTES',
      "  'months',\n",
      '',
    ],
    ['a walk removes the months that are served', 'month-removal.ts: formerCounters', 'sk < ', 'sk > '],
  ]),
  ...caughtBy('packages/server/src/records/usage/dynamodb/month-reads.ci.test.ts', [
    ['a month on a table without images is one', 'readMonths', 'if (images > 0) months.push', 'months.push'],
    ['a counter that has risen is removed', 'readMonths', ', IS_EMPTY', ''],
    [
      'a month of several shards is several',
      'readMonths',
      'shards[shard]?.advance();',
      'shards[shard]?.advance(); break;',
    ],
    ['the counters of a shard end with a query', 'createCounters', 'isLast || counters.length === 0', 'true'],
  ]),
  ...caughtBy('packages/server/src/records/archive/dynamodb/user-records.ci.test.ts', [
    ['the deletion of a user leaves its months', 'createDynamodbUserRecords', 'rest.months, ', ''],
  ]),
];
