import { caughtBy } from '../breakage.ts';

export const IMPORTS = [
  ...caughtBy('packages/server/src/operations/imports/import-image.test.ts', [
    ['what was imported before is read again', 'import-image.ts: importImage', "before.status !== 'pending'", 'false'],
    ['an upload that was given up keeps its id', 'import-image.ts: recordOf', "!== 'expired'", '!== undefined'],
    [
      'an import that died is taken from whoever still works',
      'import-image.ts: isBusy',
      '|| hasLiveClaim',
      '&& hasLiveClaim',
    ],
    ['a source that is away refuses the picture', 'import-image.ts: NOT_THE_IMAGE', "'unavailable', ", ''],
    ['a deletion overlooks an old picture', 'requireStillUnblocked', 'await images.replace(…);', ''],
    ['the date of the table is lost', 'store-verified.ts: corrected', 'correctedFacts(facts, corrections)', 'facts'],
    ['the former id is lost', 'store-verified.ts: begin', 'upload.formerId ?? null', 'null'],
  ]),
  ...caughtBy('packages/server/src/domain/import/imported-id.test.ts', [
    ['a user gets the picture of another one', 'importedId', ', userId, attempt]', ', attempt]'],
    ['the id has the time of today', 'importedId', 'at.getTime()', 'Date.now()'],
  ]),
  ...caughtBy('packages/server/src/domain/import/spread-times.test.ts', [
    ['any number of images share a millisecond', 'createSpread', 'before / MAX_OF_ONE_MS', '0'],
    ['a time of the future stays', 'createSpread', 'given > now().getTime() ? begunAt.getTime() : ', ''],
  ]),
  ...caughtBy('packages/server/src/admin/imports/import-report.test.ts', [
    ['a cut line stays in the report', 'openReport', 'truncate(path, found.wholeBytes)', 'undefined'],
    ['what was refused is never tried again', 'readReport', " && read.data.outcome !== 'refused'", ''],
    ['a report is of any service', 'openReport', ' || found.service !== service', ''],
  ]),
  ...caughtBy('packages/server/src/run/requests.test.ts', [
    ['imports wait in the lane of all', 'createSqliteRequests', `"kind <> 'import-images'"`, '"1"'],
  ]),
];
