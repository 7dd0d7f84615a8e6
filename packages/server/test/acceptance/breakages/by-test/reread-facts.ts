import { caughtBy } from '../breakage.ts';

export const REREAD_FACTS = [
  ...caughtBy('packages/server/test/upkeep/fill-facts.test.ts', [
    ['a picture that an earlier reader read is not read again', 'lacksFacts', 'facts.reader < READER', 'false'],
    ['a re-reading removes a date that somebody set', 'rereadFacts', '{ ...before, ...read }', '{ ...read }'],
    [
      'a re-reading removes a position that somebody set',
      'rereadDetails',
      'positionByHand === undefined && unknown === undefined',
      'read !== undefined',
    ],
    ['a re-reading updates the image', 'withFacts', '  facts,', '  facts, updatedAt: new Date(),'],
    ['a re-reading keeps the revision', 'withFacts', 'image.revision + 1', 'image.revision'],
    ['a re-reading believes dates after the upload', 'readOriginalFacts', 'latestTaken(uploadedAt)', 'new Date()'],
    [
      'pictures in the trash are not read again',
      'fill-facts.ts: walkAfterPage',
      'images.filter(lacksFacts)',
      "images.filter((one) => one.status === 'ready' && lacksFacts(one))",
    ],
    ['a re-reading leaves out an image that changes meanwhile', 'rereadImage', '|| CHANGED', '|| false'],
    [
      'a re-reading leaves out an image that is trashed meanwhile',
      'rereadImage',
      'if (!read) return CHANGED',
      'if (!read) return false',
    ],
    ['a lost original holds up the re-reading', 'fill-facts.ts: LASTING', "'original-lost', ", ''],
    ['a picture that hangs a decoder holds up the re-reading', 'fill-facts.ts: LASTING', "'decoder-failed', ", ''],
    ['a newer record holds up the re-reading', 'fill-facts.ts: isLasting', 'error.isOfNewerVersion || ', ''],
    [
      'one unreadable file holds up the re-reading for ever',
      'fill-facts.ts: walkAfterPage',
      'before.failures + 1 >= ATTEMPTS',
      'false',
    ],
    ['a store that is away has its pictures skipped', 'fill-facts.ts: isThere', '() => false', '() => true'],
    ['a full machine has pictures skipped', 'isOfThisMachine', 'OF_THIS_MACHINE.includes(error.code)', 'false'],
    [
      'an original for which there is never room holds up the re-reading for ever',
      'hasNoRoom',
      'sizeBytes > settings.maxTemporaryBytes',
      'false',
    ],
    [
      'an original that takes all temporary space is skipped',
      'hasNoRoom',
      'sizeBytes > settings.maxTemporaryBytes',
      'sizeBytes >= settings.maxTemporaryBytes',
    ],
    ['nobody counts originals without room', 'steppedReading', '(walk.noRoom ?? 0) + noRoom', '0'],
    [
      'a time in which the store is away counts as attempts',
      'fill-facts.ts: walkAfterPage',
      ' && (await isThere(services));\n    return',
      ';\n    return',
    ],
    [
      'a time in which the machine is busy counts as attempts',
      'fill-facts.ts: walkAfterPage',
      'failed.some(({ error }) => !isOfThisMachine(error)) && ',
      '',
    ],
    ['a re-reading asks a store that is away about each picture', 'fill-facts.ts: readAll', '|| isAway', ''],
    ['pictures behind several bad ones are never tried', 'fill-facts.ts: readAll', '!isLastAttempt && ', ''],
    ['a stop waits for all pictures of a page', 'fill-facts.ts: readAll', 'signal.aborted || ', ''],
    ['a stop skips the rest of a page', 'fill-facts.ts: walkAfterPage', 'if (signal.aborted) return walk;', ''],
    ['a re-reading misses what changes beside its first pass', 'steppedReading', 'stepped.readNow === 0', 'true'],
    ['a second command begins the re-reading anew', 'requestFacts', 'current.request.reader >= READER', 'false'],
    [
      'an earlier version ends the re-reading of a later one',
      'dueReading',
      '!reading || reading.request.reader > READER',
      '!reading',
    ],
    [
      'a scheduled worker whose sweep fails reads no facts',
      'sweepOnce',
      'fillFacts(services, options)]',
      'sweeping().then(() => fillFacts(services, options))]',
    ],
  ]),
  ...caughtBy('packages/server/src/imaging/processes/decoder-answers.test.ts', [
    ['a decoder may date a picture later than its upload', 'job-terms.ts: DECODE_JOB_TERMS', ', job.latestMs', ''],
  ]),
  ...caughtBy('packages/server/src/imaging/create-imaging.test.ts', [
    ['a re-reading goes before requests', 'createImaging.readFacts', "urgency: 'background'", "urgency: 'inspection'"],
  ]),
  ...caughtBy('packages/server/src/imaging/facts/read-facts.test.ts', [
    ['a file that can not be read says nothing', 'factsOrNothing', 'systemCodeOf(error) !== null', 'false'],
  ]),
];
