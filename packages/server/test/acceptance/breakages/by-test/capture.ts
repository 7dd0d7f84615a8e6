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
    ['a month counts what has left it', 'createMonthCounts', 'subtract.run(owner, before);', ''],
    ['a month of no images stays', 'createMonthCounts', 'removeNone.run(owner, before);', ''],
    ['months are those of one owner', 'createMonthCounts', '[to.userId, ALL_OWNERS]', '[to.userId]'],
    ['a date by hand does not count', 'taken-at.ts: takenAt', 'takenByHand === undefined', 'true'],
  ]),
  ...caughtBy('packages/server/src/records/images/sqlite/captured-rows.test.ts', [
    ['a migration sorts all images for each batch', 'FILLED_SQL', '+status', 'status'],
    ['months keep an image whose row is missing', 'createCapturedRows', 'changes === 1', 'true'],
    ['a recount forgets the months of all', 'createMonthReads', 'addToAll.run(month, difference);', ''],
    ['a migration fills one batch', 'fillRows', 'if (batch.length < FILL_BATCH) return', 'return'],
  ]),
];
