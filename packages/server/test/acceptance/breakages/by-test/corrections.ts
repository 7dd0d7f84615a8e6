import { caughtBy } from '../breakage.ts';

export const CORRECTIONS = [
  ...caughtBy('packages/server/src/domain/metadata/edits.test.ts', [
    [
      'an added tag is there twice',
      'editedTags',
      '[...new Set([...image.tags, ...addTags])]',
      '[...image.tags, ...addTags]',
    ],
    ['edits leave 21 tags', 'editedTags', 'tags.length <= MAX_TAGS', 'tags.length <= MAX_TAGS + 1'],
    ['edits leave more metadata than fits', 'editedMetadata', 'bytes <= MAX_METADATA_BYTES', 'true'],
    ['null is a value of metadata', 'editedMetadata', 'memberOf(members, name) !== null', 'true'],
    ['edits without effect are written', 'editedTags', 'gained.length + lost.length === 0', 'false'],
    ['a removed member is not told', 'formerMembers', '...Object.keys(before), ', ''],
    ['an added member is not told', 'formerMembers', ', ...Object.keys(after)', ''],
  ]),
  ...caughtBy('packages/server/test/images/change-many.test.ts', [
    ['a repeated change writes again', 'updateImage', 'Object.keys(changes).length === 0', 'false'],
    [
      'edits are of what the first attempt found',
      'updateImage',
      '{ ...given, ...editedFields(image, edits) }',
      '{ ...given }',
    ],
    ['a change of many may add and remove a tag', 'changeImagesBody', '!add_tags.some(', 'true || add_tags.some('],
    ['a change of many takes no tags', 'batch-schemas.ts: someTags', 'given.length > 0', 'true'],
    [
      'a change of many does not tell the former visibility',
      'changeJson',
      'before.visibility !== after.visibility',
      'false',
    ],
  ]),
  ...caughtBy('packages/server/src/domain/facts/asked-clock.test.ts', [
    ['a date may have a zone', 'clock-span.ts: ASKED', ')?)?)?)?$/', ')?)?)?)?(?:Z|[+-]\\d\\d:\\d\\d)?$/'],
    ['a fraction of a second counts milliseconds', 'parseClockSpan', ".padEnd(3, '0')", ''],
    ['a month alone is a date', 'parseAskedClock', 'text.length < LENGTH_OF_DAY', 'false'],
  ]),
  ...caughtBy('packages/server/src/domain/facts/corrections.test.ts', [
    ['a removed date is the one that the picture says', 'correctedFacts', 'takenByHand === undefined', '!takenByHand'],
    ['a correction replaces what was read', 'correctedFacts', '(facts ?? UNREAD)', 'UNREAD'],
    ['a corrected picture is never read', 'facts/corrections.ts: UNREAD', ', reader: 0', ''],
    ['a shift begins at the date that was read', 'corrections.ts: shifted', 'facts && takenAt(facts)', 'facts?.taken'],
    ['a corrected position replaces the details', 'correctedDetails', '...(details ?? NO_DETAILS)', '...NO_DETAILS'],
  ]),
  ...caughtBy('packages/server/src/domain/event/image-event.test.ts', [
    [
      'a picture that is read again is told of as corrected',
      'image-event.ts: takenByHand',
      'image.facts?.takenByHand',
      'image.facts && takenAt(image.facts)?.at',
    ],
  ]),
  ...caughtBy('packages/server/src/domain/event/event-filter.test.ts', [
    ['a view token hears of a changed position', 'UNVIEWED', ", 'position'", ''],
    ['a view token without metadata hears of a changed date', 'OF_METADATA', ", 'taken_at'", ''],
  ]),
  ...caughtBy('packages/server/src/records/events/sqlite/sqlite.test.ts', [
    [
      'an event on SQLite names no changed position',
      'sqlite/event-writes.ts: createEventWrites',
      'eventOf(from, to, changedDetails)',
      'eventOf(from, to)',
    ],
    [
      'a log on SQLite goes on without a changed position',
      'sqlite/event-writes.ts: createUnloggedWrites',
      'to, changedDetails))',
      'to))',
    ],
  ]),
  ...caughtBy('packages/server/src/records/events/dynamodb/dynamodb.ci.test.ts', [
    [
      'an event on DynamoDB names no changed position',
      'createLoggedChanges',
      'eventOf(from, to, changedDetails)',
      'eventOf(from, to)',
    ],
    ['a log on DynamoDB goes on without a changed position', 'createUnloggedChanges', 'to, changedDetails))', 'to))'],
  ]),
  ...caughtBy('packages/server/test/images/corrections.test.ts', [
    ['PATCH ignores the date', 'metadata.ts: change', 'takenAt: given.taken_at, ', ''],
    ['PATCH ignores the position', 'metadata.ts: change', ', position: given.position', ''],
    ['a PATCH of a date alone changes nothing', 'updateImage', ' && !isCorrecting(corrections)', ''],
    ['an image without details keeps none', 'withCorrections', 'hasDetails: true', 'hasDetails: verified.hasDetails'],
    [
      'the same position is told of again',
      'withCorrections',
      'isSamePosition(details?.positionByHand, position) ? [] : ',
      '',
    ],
    [
      'a pending image takes a correction',
      'requireVerified',
      'isStored(image)',
      "isStored(image) || image.status === 'pending'",
    ],
    ['0, 0 is a place', 'correction-schemas.ts: position', 'if (found) return found', 'return found ?? given'],
    [
      'a time with an offset is told to be none',
      'correction-schemas.ts: wallClock',
      'namesZone(text) ? EXPECTED_NO_ZONE : ',
      '',
    ],
    ['a batch ignores the date', 'imageBatchRoutes', 'takenAt: batch.taken_at, ', ''],
    ['a batch ignores the shift', 'imageBatchRoutes', ', shiftTakenSeconds: batch.shift_taken_seconds', ''],
    ['a batch ignores revisions', 'changeImages', 'revisions?.slice(index, index + 1)', 'undefined'],
    ['a batch takes the revision of any image for each', 'changeImages', '?.slice(index, index + 1)', ''],
    [
      'a shift needs no revisions',
      'changeImagesBody',
      'shift_taken_seconds === undefined || revisions !== undefined',
      'true',
    ],
    ['a batch may lack revisions', 'changeImagesBody', 'revisions.length === image_ids.length', 'true'],
    [
      'a date and a shift are one request',
      'changeImagesBody',
      'taken_at === undefined || shift_taken_seconds === undefined',
      'true',
    ],
    ['a batch may change nothing', 'changeImagesBody', 'IMAGE_CHANGES.some(…undefined)', 'true'],
  ]),
  ...caughtBy('packages/server/test/access/private-facts.test.ts', [
    [
      'an image says where somebody put it',
      'withCorrections',
      '{ ...verified,',
      '{ ...verified, ...(corrections.position && { description: JSON.stringify(corrections.position) }),',
    ],
  ]),
];
